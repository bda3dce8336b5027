using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace CodingAgent.BotHost.Tests.Observability;

/// <summary>The dashboard and the alerts ask for what there is.</summary>
public sealed partial class ObservabilityFilesTests
{
    private const string Tests = "deploy/observability/alerts.tests.yaml";

    private static readonly string Root = FindRoot();
    private static readonly string[] Words = ["by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset"];

    [Fact]
    public void Dashboard_EveryQuery_AsksForMetricsThatAreServed()
    {
        var dashboard = JsonNode.Parse(Read("deploy/observability/dashboard.json"))!;
        var panels = dashboard["panels"]!.AsArray();
        panels.Select(p => p!["id"]!.GetValue<int>()).ShouldBeUnique();
        var queries = panels.SelectMany(p => p!["targets"]?.AsArray() ?? []).Select(t => t!["expr"]!.GetValue<string>()).ToArray();

        queries.ShouldNotBeEmpty();
        foreach (var query in queries)
            MetricsOf(query).ShouldBeSubsetOf(ServedMetrics.Names, query);
    }

    [Fact]
    public void Alerts_EveryRule_AsksForMetricsThatAreServed_AndSaysWhatToDo()
    {
        var file = new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, List<Group>>>(Read("deploy/observability/alerts.yaml"));
        var rules = file["groups"].ShouldHaveSingleItem().rules;

        rules.Select(r => r.alert).ShouldBeUnique();
        rules.Count.ShouldBeGreaterThanOrEqualTo(7);
        foreach (var rule in rules)
        {
            var metrics = MetricsOf(rule.expr);
            metrics.ShouldNotBeEmpty(rule.alert);
            metrics.ShouldBeSubsetOf(ServedMetrics.Names, rule.alert);
            rule.@for.ShouldMatch("^[0-9]+[smhd]$");
            rule.labels["severity"].ShouldBeOneOf("info", "warning", "critical");
            rule.annotations.Keys.ShouldBe(["summary", "runbook"]);
        }
    }

    /// <summary>Prometheus itself plays series to the rules.</summary>
    [PromtoolFact]
    public async Task Alerts_PlayedTheirSeries_FireWhenTheyShould_AndAreSilentElse()
    {
        using var promtool = Process.Start(new ProcessStartInfo(PromtoolFactAttribute.Program!, ["test", "rules", Path.Combine(Root, Tests)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, complaint) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.WaitForExitAsync();
        promtool.ExitCode.ShouldBe(0, await said + await complaint);
    }

    [Fact]
    public void Alerts_EachRule_IsPlayedSeriesThatMakeItFire_AndSomeThatDoNot()
    {
        var rules = RuleName().Matches(Read("deploy/observability/alerts.yaml")).Select(m => m.Groups["name"].Value).ToArray();
        var played = Played(Read(Tests)).ToLookup(t => t.Alert, t => t.Fires);

        rules.ShouldNotBeEmpty();
        foreach (var rule in rules)
            played[rule].Distinct().ShouldBe([true, false], ignoreOrder: true, rule);
    }

    [Fact]
    public void Guide_NamesEveryMetricOfOurs_AndNoOther()
    {
        var named = MetricName().Matches(Read("docs/guide/observability.md")).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        var served = ServedMetrics.Names.Where(n => !n.EndsWith("_sum", StringComparison.Ordinal) && !n.EndsWith("_count", StringComparison.Ordinal))
            .Select(n => n.EndsWith("_bucket", StringComparison.Ordinal) ? n[..^7] : n).ToArray();

        served.ShouldBeSubsetOf(named);
        named.Where(n => n.StartsWith("coding_agent_", StringComparison.Ordinal) && !n.StartsWith("coding_agent_mcp_", StringComparison.Ordinal))
            .ShouldBeSubsetOf([.. served, .. ServedMetrics.Names]);
    }

    // What is left of a query without its selectors, texts, ranges and lists of labels, and is no function.
    private static IReadOnlyList<string> MetricsOf(string query) =>
        [.. Word().Matches(NoMetric().Replace(query, " ")).Select(m => m.Value).Where(w => !Words.Contains(w, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<(string Alert, bool Fires)> Played(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents[0].AllNodes.OfType<YamlMappingNode>().Where(n => n.Children.ContainsKey("alertname"))
            .Select(n => (((YamlScalarNode)n["alertname"]).Value!, ((YamlSequenceNode)n["exp_alerts"]).Children.Count > 0));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CodingAgent.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("""\{[^}]*\}|"[^"]*"|\[[^\]]*\]|\b(by|without|on|ignoring)\s*\([^)]*\)""", RegexOptions.ExplicitCapture)]
    private static partial Regex NoMetric();

    [GeneratedRegex(@"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Word();

    [GeneratedRegex("- alert: (?<name>[A-Za-z]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex RuleName();

    [GeneratedRegex("(coding_agent|gen_ai_client)_[a-z_]*[a-z]", RegexOptions.ExplicitCapture)]
    private static partial Regex MetricName();

#pragma warning disable IDE1006, SA1300, CA1812 // Named as in the file; made by the deserializer.
    private sealed record Group
    {
        public string name { get; init; } = "";

        public List<Rule> rules { get; init; } = [];
    }

    private sealed record Rule
    {
        public string alert { get; init; } = "";

        public string expr { get; init; } = "";

        public string @for { get; init; } = "";

        public Dictionary<string, string> labels { get; init; } = [];

        public Dictionary<string, string> annotations { get; init; } = [];
    }
#pragma warning restore IDE1006, SA1300, CA1812
}

/// <summary>A test with Prometheus' own tool; skipped, saying so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (Program is null)
            Skip = "promtool is not installed; Debian has it in the package prometheus";
    }

    /// <summary>The program; null when there is none.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
}
