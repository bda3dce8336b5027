using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>
/// The part of <c>.gitlab-ci.yml</c> this runner understands: <c>stages</c>, <c>variables</c>, <c>default</c>'s and jobs' <c>before_script</c>, and jobs with
/// <c>script</c>, <c>stage</c>, <c>allow_failure</c> and <c>when</c>. What only says where or how fast a job runs is left out (<c>image</c>, <c>needs</c>, <c>cache</c> and the
/// like); what decides whether it runs (<c>rules</c>, <c>only</c>, <c>extends</c> and the like) is refused rather than half done.
/// </summary>
internal static class GitLabCiFile
{
    /// <summary>Where it lies.</summary>
    public const string Path = ".gitlab-ci.yml";

    private static readonly string[] Stages = ["build", "test", "deploy"];
    private static readonly string[] JobKeys = ["script", "before_script", "stage", "allow_failure", "when", "variables"];
    private static readonly string[] LeftOut =
        ["image", "needs", "dependencies", "cache", "artifacts", "tags", "timeout", "interruptible", "retry", "coverage", "services", "environment", "resource_group", "id_tokens"];

    private static readonly string[] GlobalKeys = ["stages", "variables", "default", "before_script", "image", "cache", "services"];

    /// <exception cref="WorkflowFormatException">It cannot be read, or asks for what this runner does not do.</exception>
    public static WorkflowFile Parse(string text)
    {
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents.Count != 1 || yaml.Documents[0].RootNode is not YamlMappingNode root)
                throw new WorkflowFormatException("Invalid configuration format");
            return Read(root);
        }
        catch (YamlException e)
        {
            throw new WorkflowFormatException($"(<unknown>): {e.Message} at line {e.Start.Line} column {e.Start.Column}");
        }
    }

    private static WorkflowFile Read(YamlMappingNode root)
    {
        if (root.Children.Keys.Select(WorkflowFile.Scalar).FirstOrDefault(k => k is "include" or "workflow" or "after_script" or "pages") is { } refused)
            throw new WorkflowFormatException($"'{refused}' is not done by this runner");
        var stages = WorkflowFile.Child(root, "stages") is { } named ? WorkflowFile.List(named) : [.. Stages];
        stages = [".pre", .. stages, ".post"];
        var variables = Variables(WorkflowFile.Child(root, "variables"));
        var before = Lines(WorkflowFile.Child(root, "before_script") ?? (WorkflowFile.Child(root, "default") as YamlMappingNode is { } given ? WorkflowFile.Child(given, "before_script") : null));
        var jobs = root.Where(p => WorkflowFile.Scalar(p.Key) is { } key && !GlobalKeys.Contains(key) && !key.StartsWith('.'))
            .Select(p => JobOf(WorkflowFile.Scalar(p.Key)!, p.Value, stages, variables, before))
            .OfType<WorkflowJob>().OrderBy(j => stages.IndexOf(j.Stage)).ToList();
        if (jobs.Count == 0)
            throw new WorkflowFormatException("jobs config should contain at least one visible job");
        // A stage waits for all of those before it.
        var ordered = jobs.Select(j => j with { Needs = [.. jobs.Where(o => stages.IndexOf(o.Stage) < stages.IndexOf(j.Stage)).Select(o => o.Id)] }).ToList();
        return new WorkflowFile("CI", new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["push"] = [], ["workflow_dispatch"] = [] }, ordered);
    }

    private static WorkflowJob? JobOf(string name, YamlNode node, List<string> stages, Dictionary<string, string> outer, List<string> before)
    {
        if (node is not YamlMappingNode given || Merged(given) is not { } job || WorkflowFile.Child(job, "script") is not { } script)
            throw new WorkflowFormatException($"jobs:{name} config should implement the script:, run:, or trigger: keyword");
        if (job.Children.Keys.Select(WorkflowFile.Scalar).FirstOrDefault(k => !JobKeys.Contains(k) && !LeftOut.Contains(k)) is { } refused)
            throw new WorkflowFormatException($"jobs:{name}:{refused} is not done by this runner");
        var stage = WorkflowFile.Scalar(WorkflowFile.Child(job, "stage")) ?? "test";
        if (!stages.Contains(stage))
            throw new WorkflowFormatException($"{name} job: chosen stage {stage} does not exist; available stages are {string.Join(", ", stages)}");
        var when = WorkflowFile.Scalar(WorkflowFile.Child(job, "when")) ?? "on_success";
        if (when == "never")
            return null;
        if (when is not ("on_success" or "always" or "manual"))
            throw new WorkflowFormatException($"jobs:{name}:when '{when}' is not done by this runner");
        var environment = new Dictionary<string, string>(outer, StringComparer.Ordinal) { ["CI_JOB_NAME"] = name, ["CI_JOB_STAGE"] = stage };
        foreach (var (key, value) in Variables(WorkflowFile.Child(job, "variables")))
            environment[key] = value;
        var lines = (WorkflowFile.Child(job, "before_script") is { } own ? Lines(own) : before).Concat(Lines(script)).ToList();
        return new WorkflowJob(name, name, [], [new WorkflowStep("script", Shell(lines), "", environment)])
        {
            Stage = stage,
            // A manual job holds nothing up unless it says so.
            AllowFailure = WorkflowFile.Scalar(WorkflowFile.Child(job, "allow_failure")) is { } allowed ? allowed == "true" : when == "manual",
            IsManual = when == "manual",
            Always = when == "always",
        };
    }

    // Every line is printed before it is done, as GitLab's runner does, and all are done in one shell.
    private static string Shell(List<string> lines)
    {
        var script = new StringBuilder("set -o pipefail\n");
        foreach (var line in lines)
        {
            var shown = line.Split('\n') is [var first, _, ..] ? first + " # collapsed multi-line command" : line;
            script.Append(CultureInfo.InvariantCulture, $"printf '\\033[32;1m$ %s\\033[0;m\\n' '{shown.Replace("'", "'\\''", StringComparison.Ordinal)}'\n{line}\n");
        }

        return script.ToString();
    }

    // What "<<" brings in stands where the job says nothing of its own.
    private static YamlMappingNode Merged(YamlMappingNode job)
    {
        var merged = new YamlMappingNode(job.Children.Where(c => WorkflowFile.Scalar(c.Key) != "<<"));
        var brought = WorkflowFile.Child(job, "<<") switch
        {
            YamlMappingNode one => [one],
            YamlSequenceNode many => many.OfType<YamlMappingNode>(),
            _ => [],
        };
        foreach (var (key, value) in brought.SelectMany(b => Merged(b).Children))
            merged.Children.TryAdd(key, value);
        return merged;
    }

    // Lists in lists come of anchors and are one list; "!reference" would look like one.
    private static List<string> Lines(YamlNode? node) => node switch
    {
        { Tag: { IsEmpty: false } tag } when tag.Value == "!reference" => throw new WorkflowFormatException("!reference is not done by this runner"),
        YamlScalarNode { Value: { Length: > 0 } one } => [one],
        YamlSequenceNode many => many.SelectMany(Lines).ToList(),
        _ => [],
    };

    private static Dictionary<string, string> Variables(YamlNode? node) => (node as YamlMappingNode)?.ToDictionary(
        p => WorkflowFile.Scalar(p.Key) ?? "",
        p => WorkflowFile.Scalar(p.Value is YamlMappingNode described ? WorkflowFile.Child(described, "value") : p.Value) ?? "",
        StringComparer.Ordinal) ?? [];
}
