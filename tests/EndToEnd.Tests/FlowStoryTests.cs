using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Each job from its label to the pull request, on repositories in several languages; every part real but the model.</summary>
public sealed class FlowStoryTests : IAsyncLifetime
{
    private static readonly FlowSample[] Defects = [FlowSample.PythonDefect, FlowSample.JavaScriptDefect, FlowSample.CSharpDefect];
    private Stage _stage = null!;
    private HttpClient _rest = null!;

    public static TheoryData<string> EachDefect => [.. Defects.Select(d => d.Name)];

    public async Task InitializeAsync()
    {
        _stage = await Stage.BuildAsync(new StageOptions { References = [.. Defects.Select(d => d.Change)], RunsCi = false }, CancellationToken.None);
        await _stage.StartServiceAsync("all", CancellationToken.None);
        _rest = new HttpClient { BaseAddress = _stage.ServiceUrl };
        _rest.DefaultRequestHeaders.Authorization = new("Bearer", _stage.ApiKey);
    }

    public async Task DisposeAsync()
    {
        _rest.Dispose();
        await _stage.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(EachDefect))]
    public async Task Fix_OfAnIssue_ShowsTheTestRedWithoutAndGreenWithTheChange(string name)
    {
        var sample = Defects.Single(d => d.Name == name);
        var ada = await AddAsync(sample);
        var issue = await OpenAsync(ada, sample, "agent:fix");

        var pull = await Eventually.FindAsync("a pull request", async () => (await ada.GetAsync("pulls?state=all", default)).AsArray() is [var first, ..] ? first : null, TimeSpan.FromMinutes(12), () => ExplainAsync(ada, issue));
        var body = pull["body"]!.GetValue<string>();
        body.ShouldContain("The defect is shown by");
        body.ShouldContain("❌ without the change: exit 1, twice");
        body.ShouldContain("✅ with the change: exit 0");
        body.ShouldContain("| proof | ✅ |");
        var files = (await ada.GetAsync($"pulls/{pull["number"]}/files", default)).AsArray().Select(f => f!["filename"]!.GetValue<string>());
        files.Order(StringComparer.Ordinal).ShouldBe(sample.Change.Files.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    private async Task<Human> AddAsync(FlowSample sample)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-sample-").FullName;
        try
        {
            sample.WriteTo(folder);
            return await _stage.AddRepositoryAsync(sample.Name, folder, CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> OpenAsync(Human ada, FlowSample sample, string label)
    {
        var issue = await ada.PostAsync("issues", new JsonObject { ["title"] = sample.Issue, ["body"] = "It should not." }, default);
        var number = issue["number"]!.GetValue<int>();
        await ada.PostAsync($"issues/{number}/labels", new JsonObject { ["labels"] = new JsonArray(label) }, default);
        return number;
    }

    private async Task<string> ExplainAsync(Human ada, int issue)
    {
        var comments = (await ada.GetAsync($"issues/{issue}/comments?per_page=100", default)).AsArray().Select(c => c!["body"]!.GetValue<string>());
        return string.Join("\n---\n", [.. _stage.RefusedByModel.Select(r => $"refused by the model: {r.Detail}"), .. comments]);
    }
}
