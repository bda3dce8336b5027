using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Each job from its label to the pull request, on repositories in several languages; every part real but the model.</summary>
public sealed class FlowStoryTests(FlowStoryTests.Service service) : IClassFixture<FlowStoryTests.Service>
{
    private static readonly FlowSample[] Samples = [FlowSample.PythonDefect, FlowSample.PytestDefect, FlowSample.JavaScriptDefect, FlowSample.CSharpDefect];

    // Compilers run for each look at a tree.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(12);

    [Theory]
    [InlineData("py-defect")]
    [InlineData("js-defect")]
    public Task Fix_OfAnIssue_ShowsTheTestRedWithoutAndGreenWithTheChange(string sample) => FixAsync(sample);

    [Fact]
    [Trait("Category", "Long")]
    public Task Fix_OfAnIssueInCSharp_ShowsTheTestRedWithoutAndGreenWithTheChange() => FixAsync("cs-defect");

    [Theory]
    [InlineData("py-defect")]
    [InlineData("js-defect")]
    public Task Implement_OfAnIssue_IsPublishedWithItsEvidence(string sample) => ImplementAsync(sample);

    [Fact]
    [Trait("Category", "Long")]
    public Task Implement_OfAnIssueInCSharp_IsPublishedWithItsEvidence() => ImplementAsync("cs-defect");

    /// <summary>Where a test can be run by itself, what it runs is a help to find the cause.</summary>
    [PytestFact]
    public async Task Fix_WhereTheTestRunsByItself_TellsThePlannerWhichLinesItRuns()
    {
        await FixAsync("pytest-defect");
        service.Told.ShouldContain(t => t.Contains("the failing test runs shop/cart.py:", StringComparison.Ordinal), "the planner");
        service.Told.ShouldNotContain(t => t.Contains("the failing test runs shop/other.py:", StringComparison.Ordinal), "it has nothing to do with it");
    }

    private async Task FixAsync(string name)
    {
        var (ada, issue, sample) = await OpenAsync(name, "fix");
        var pull = await PullAsync(ada, issue);
        var body = pull["body"]!.GetValue<string>();
        body.ShouldContain("The defect is shown by");
        body.ShouldContain("❌ without the change: exit 1, twice");
        body.ShouldContain("✅ with the change: exit 0");
        body.ShouldContain("| proof | ✅ |");
        await ShouldChangeAsync(ada, pull, sample);
    }

    private async Task ImplementAsync(string name)
    {
        var (ada, issue, sample) = await OpenAsync(name, "implement");
        var pull = await PullAsync(ada, issue);
        pull["body"]!.GetValue<string>().ShouldContain($"| `{sample.Check}` | ✅ exit 0 |");
        await ShouldChangeAsync(ada, pull, sample);

        // Who watched saw the agents at work.
        var events = JsonNode.Parse(await service.Rest.GetStringAsync($"tasks/{Uri.EscapeDataString($"task/github:{Stage.Owner}/{sample.Name}-implement/issue/{issue}")}/events"))!.AsArray();
        string[] Of(string kind) => [.. events.Where(e => e!["kind"]!.GetValue<string>() == kind).Select(e => $"{e!["agent"]} {e["tool"]}".Trim())];
        Of("call").ShouldContain("coder run_checks");
        Of("output").Length.ShouldBe(Of("call").Length);
        Of("said").ShouldContain("planner");
        Of("ended").Length.ShouldBeGreaterThanOrEqualTo(3, "planner, coder and critic");
        events.ShouldContain(e => e!["kind"]!.GetValue<string>() == "step" && e["state"]!.GetValue<string>() == "Verifying");
    }

    private static async Task ShouldChangeAsync(Human ada, JsonNode pull, FlowSample sample)
    {
        var files = (await ada.GetAsync($"pulls/{pull["number"]}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>());
        files.Order(StringComparer.Ordinal).ShouldBe(sample.Change.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    private async Task<JsonNode> PullAsync(Human ada, int issue)
    {
        async Task<JsonNode?> LookAsync()
        {
            if ((await ada.GetAsync("pulls?state=all", default)).AsArray() is [var first, ..])
                return first;
            // Nothing comes of it any more.
            var labels = (await ada.GetAsync($"issues/{issue}/labels", default)).AsArray().Select(l => l!["name"]!.GetValue<string>());
            return labels.Contains("agent:failed") ? throw new StoryException(await ExplainAsync(ada, issue)) : null;
        }

        return await Eventually.FindAsync("a pull request", LookAsync, Patience, () => ExplainAsync(ada, issue));
    }

    private async Task<(Human Ada, int Issue, FlowSample Sample)> OpenAsync(string name, string verb)
    {
        var sample = Samples.Single(s => s.Name == name);
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        Human ada;
        try
        {
            sample.WriteTo(folder);
            ada = await service.Stage.AddRepositoryAsync($"{name}-{verb}", folder, CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var issue = (await ada.PostAsync("issues", new JsonObject { ["title"] = sample.Issue, ["body"] = "It should not." }, default))["number"]!.GetValue<int>();
        await ada.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray($"agent:{verb}") }, default);
        return (ada, issue, sample);
    }

    private async Task<string> ExplainAsync(Human ada, int issue)
    {
        var comments = (await ada.GetAsync($"issues/{issue}/comments?per_page=100", default)).AsArray().Select(c => c!["body"]!.GetValue<string>());
        return string.Join("\n---\n", [.. service.Stage.RefusedByModel.Select(r => $"refused by the model: {r.Detail}"), .. comments]);
    }

    /// <summary>A service whose model knows the changes.</summary>
    public sealed class Service : IAsyncLifetime
    {
        internal Stage Stage { get; private set; } = null!;

        internal HttpClient Rest { get; } = new();

        /// <summary>What models were told.</summary>
        internal ConcurrentQueue<string> Told { get; } = [];

        public async Task InitializeAsync()
        {
            string[] verbs = ["fix", "implement"];
            Stage = await Stage.BuildAsync(new StageOptions { References = [.. Samples.SelectMany(s => verbs, (s, verb) => s.Change with { Repository = $"{Stage.Owner}/{s.Name}-{verb}" })], RunsCi = false }, CancellationToken.None);
            Stage.Tap.OnStage = (_, turn) =>
            {
                Told.Enqueue(turn.Messages);
                return Task.FromResult(false);
            };
            await Stage.StartServiceAsync("all", CancellationToken.None);
            Rest.BaseAddress = Stage.ServiceUrl;
            Rest.DefaultRequestHeaders.Authorization = new("Bearer", Stage.ApiKey);
        }

        public async Task DisposeAsync()
        {
            Rest.Dispose();
            await Stage.DisposeAsync();
        }
    }
}

/// <summary>A test that needs pytest.</summary>
internal sealed class PytestFactAttribute : FactAttribute
{
    // What a sandbox sees of the machine, whatever stands before it on the path here.
    public PytestFactAttribute()
    {
        using var trial = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-m", "pytest", "--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        trial!.WaitForExit();
        if (trial.ExitCode != 0)
            Skip = "pytest is not installed (apt-get install python3-pytest)";
    }
}
