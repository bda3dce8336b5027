using YamlDotNet.RepresentationModel;

namespace CodingAgent.Playground.Demo;

/// <summary>A sample's files as they lie in a project on GitLab: the policy in its own folder, and CI in one file.</summary>
internal static class GitLabFiles
{
    private const string Policy = ".github/coding-agent.yml";
    private const string Workflow = ".github/workflows/ci.yml";

    /// <summary>Moves them.</summary>
    public static void Move(string folder)
    {
        var (policy, workflow) = (Path.Combine(folder, Policy), Path.Combine(folder, Workflow));
        Directory.CreateDirectory(Path.Combine(folder, ".gitlab"));
        File.WriteAllText(Path.Combine(folder, ".gitlab/coding-agent.yml"), File.ReadAllText(policy).Replace("\".github/**\"", "\".gitlab/**\", \".gitlab-ci.yml\"", StringComparison.Ordinal));
        var yaml = new YamlStream();
        using (var reader = new StreamReader(workflow))
            yaml.Load(reader);
        var jobs = (YamlMappingNode)((YamlMappingNode)yaml.Documents[0].RootNode)["jobs"];
        File.WriteAllText(Path.Combine(folder, ".gitlab-ci.yml"), string.Concat(jobs.Select(job =>
            $"{job.Key}:\n  script:\n{string.Concat(CommandsOf((YamlMappingNode)job.Value).Select(c => $"    - {c}\n"))}\n")));
        Directory.Delete(Path.Combine(folder, ".github"), recursive: true);
    }

    private static IEnumerable<string> CommandsOf(YamlMappingNode job) =>
        ((YamlSequenceNode)job["steps"]).OfType<YamlMappingNode>().Where(s => s.Children.ContainsKey("run")).Select(s => ((YamlScalarNode)s["run"]).Value!);
}
