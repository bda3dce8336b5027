using System.IO.Enumeration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>
/// The part of a workflow file this runner understands: <c>on</c> push and pull_request with branch filters, jobs, <c>needs</c>,
/// <c>env</c>, and <c>run</c> steps. <c>uses</c> steps are left out (the checkout is always made); conditions, matrices and
/// expressions are refused rather than half done.
/// </summary>
internal sealed record WorkflowFile(string Name, IReadOnlyDictionary<string, IReadOnlyList<string>> Triggers, IReadOnlyList<WorkflowJob> Jobs)
{
    private static readonly string[] RefusedJobKeys = ["if", "strategy", "services", "container", "uses"];

    /// <summary>Whether an event on a branch starts this workflow; no branch filter means any branch.</summary>
    public bool StartsOn(string name, string branch) =>
        Triggers.TryGetValue(name, out var branches)
        && (branches.Count == 0 || branches.Any(b => FileSystemName.MatchesSimpleExpression(b.Replace("**", "*", StringComparison.Ordinal), branch, ignoreCase: false)));

    public static WorkflowFile Parse(string path, string text)
    {
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents.Count != 1 || yaml.Documents[0].RootNode is not YamlMappingNode root)
                throw new WorkflowFormatException($"{path}: a workflow is one YAML mapping.");
            var env = Strings(Child(root, "env"), path, "env");
            if (Child(root, "jobs") is not YamlMappingNode { Children.Count: > 0 } jobs)
                throw new WorkflowFormatException($"{path}: there are no jobs.");
            return new WorkflowFile(
                Scalar(Child(root, "name")) ?? path,
                TriggersOf(Child(root, "on"), path),
                jobs.Select(j => JobOf(path, Scalar(j.Key) ?? "", j.Value, env)).ToList());
        }
        catch (YamlException e)
        {
            throw new WorkflowFormatException($"{path}:{e.Start.Line}: {e.Message}");
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> TriggersOf(YamlNode? on, string path) => on switch
    {
        YamlScalarNode one => new(StringComparer.Ordinal) { [one.Value ?? ""] = [] },
        YamlSequenceNode many => many.Select(Scalar).OfType<string>().ToDictionary(n => n, _ => (IReadOnlyList<string>)[], StringComparer.Ordinal),
        YamlMappingNode map => map.ToDictionary(
            p => Scalar(p.Key) ?? "",
            p => (IReadOnlyList<string>)List(p.Value is YamlMappingNode filter ? Child(filter, "branches") : null),
            StringComparer.Ordinal),
        _ => throw new WorkflowFormatException($"{path}: 'on' is missing."),
    };

    private static WorkflowJob JobOf(string path, string id, YamlNode node, Dictionary<string, string> outer)
    {
        if (node is not YamlMappingNode job || Child(job, "steps") is not YamlSequenceNode steps)
            throw new WorkflowFormatException($"{path}: job '{id}' has no steps.");
        if (RefusedJobKeys.FirstOrDefault(k => Child(job, k) is not null) is { } refused)
            throw new WorkflowFormatException($"{path}: job '{id}' uses '{refused}', which this runner does not do.");
        var env = Merge(outer, Strings(Child(job, "env"), path, id));
        return new WorkflowJob(
            id,
            Scalar(Child(job, "name")) ?? id,
            List(Child(job, "needs")),
            steps.OfType<YamlMappingNode>().Where(s => Child(s, "run") is not null).Select(s => StepOf(path, id, s, env)).ToList());
    }

    private static WorkflowStep StepOf(string path, string job, YamlMappingNode step, Dictionary<string, string> env)
    {
        var run = Scalar(Child(step, "run")) ?? "";
        var name = Scalar(Child(step, "name")) ?? run.Split('\n')[0];
        if (Child(step, "if") is not null)
            throw new WorkflowFormatException($"{path}: step '{name}' of job '{job}' uses 'if', which this runner does not do.");
        if (run.Contains("${{", StringComparison.Ordinal))
            throw new WorkflowFormatException($"{path}: step '{name}' of job '{job}' uses an expression, which this runner does not do.");
        return new WorkflowStep(name, run, Scalar(Child(step, "working-directory")) ?? "", Merge(env, Strings(Child(step, "env"), path, name)));
    }

    public static YamlNode? Child(YamlMappingNode map, string key) =>
        map.Children.FirstOrDefault(c => Scalar(c.Key) == key) is { Key: not null } pair ? pair.Value : null;

    public static string? Scalar(YamlNode? node) => (node as YamlScalarNode)?.Value;

    public static List<string> List(YamlNode? node) => node switch
    {
        YamlScalarNode { Value: { Length: > 0 } one } => [one],
        YamlSequenceNode many => many.Select(Scalar).OfType<string>().ToList(),
        _ => [],
    };

    private static Dictionary<string, string> Strings(YamlNode? node, string path, string where)
    {
        var map = (node as YamlMappingNode)?.ToDictionary(p => Scalar(p.Key) ?? "", p => Scalar(p.Value) ?? "", StringComparer.Ordinal) ?? [];
        if (map.Values.Any(v => v.Contains("${{", StringComparison.Ordinal)))
            throw new WorkflowFormatException($"{path}: the environment of '{where}' uses an expression, which this runner does not do.");
        return map;
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string> outer, Dictionary<string, string> inner)
    {
        var merged = new Dictionary<string, string>(outer, StringComparer.Ordinal);
        foreach (var (key, value) in inner)
            merged[key] = value;
        return merged;
    }
}
