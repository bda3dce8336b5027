using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>What the service as an App reports: a check run that is its own, with remarks on lines.</summary>
public sealed class GitHubAppCheckTests(GitHubAppForgeOnLocalForge.AppStage stage) : IClassFixture<GitHubAppForgeOnLocalForge.AppStage>
{
    private const string Name = "coding-agent/evidence";
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");

    [Fact]
    public async Task Check_SaidAgainAndThenDifferently_IsOneRunOfTheApp()
    {
        // Nobody listens there; the forge keeps every payload all the same.
        stage.Server.AddWebhook(new Uri("http://127.0.0.1:9/"), "secret");
        var sha = await stage.PushAsync("ada", "acme/shop", "check/one", [("one.txt", "1")]);
        // Another app's of the same name stays as it is.
        await stage.PostAsync("robo[bot]", "/repos/acme/shop/check-runs", new { name = Name, head_sha = sha, conclusion = "failure" });

        await EnsureAsync(new EvidenceCheck(Name, sha, CiState.Pending, "Running", "…"));
        (await RunsAsync(sha)).Select(r => (Text(r, "status"), Text(r, "conclusion"))).ShouldBe([("completed", "failure"), ("in_progress", "")], ignoreOrder: true);
        await EnsureAsync(new EvidenceCheck(Name, sha, CiState.Passed, "All\npassed", "| a |"));
        await EnsureAsync(new EvidenceCheck(Name, sha, CiState.Passed, "All\npassed", "| a |"));

        var runs = await RunsAsync(sha);
        runs.Select(r => (App: Text(r["app"]!, "slug"), Conclusion: Text(r, "conclusion"), Title: Text(r["output"]!, "title"), Summary: Text(r["output"]!, "summary")))
            .ShouldBe([("robo", "failure", "", ""), ("agent", "success", "All passed", "| a |")], ignoreOrder: true);
        stage.Server.Deliveries.Count(d => d.Event == "check_run" && d.Payload.Contains(sha, StringComparison.Ordinal) && d.Payload.Contains("\"agent\"", StringComparison.Ordinal)).ShouldBe(2, "created and completed, and nothing for what was said again");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(51)]
    [InlineData(120)]
    public async Task Check_WithRemarks_HasEachOfThemOnce(int count)
    {
        var sha = await stage.PushAsync("ada", "acme/shop", $"check/remarks-{count}", [("many.txt", $"{count}")]);
        var check = new EvidenceCheck(Name, sha, CiState.Passed, "T", "S")
        {
            Remarks = [.. Enumerable.Range(1, count).Select(i => new CheckRemark("many.txt", i, (RemarkLevel)(i % 3), $"remark {i}"))],
        };
        await EnsureAsync(check);
        await EnsureAsync(check);
        await EnsureAsync(check with { Conclusion = CiState.Failed, Remarks = [.. check.Remarks, new CheckRemark("many.txt", 1, RemarkLevel.Failure, "one more")] });

        var run = (await RunsAsync(sha)).ShouldHaveSingleItem();
        Text(run, "conclusion").ShouldBe("failure");
        var remarks = new List<JsonNode>();
        for (var page = 1; remarks.Count < (int)run["output"]!["annotations_count"]!; page++)
            remarks.AddRange((await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/check-runs/{run["id"]}/annotations?per_page=100&page={page}", null)).AsArray().OfType<JsonNode>());
        remarks.Select(a => (Text(a, "path"), (int)a["start_line"]!, Text(a, "annotation_level"), Text(a, "message"))).ShouldBe(
            [.. check.Remarks.Select(r => (r.Path, r.Line, r.Level.ToString().ToLowerInvariant(), r.Message)), ("many.txt", 1, "failure", "one more")], ignoreOrder: true);
    }

    [Fact]
    public async Task Check_OfALongSummary_IsCutBetweenCharacters()
    {
        var sha = await stage.PushAsync("ada", "acme/shop", "check/long", [("long.txt", "1")]);
        await EnsureAsync(new EvidenceCheck(Name, sha, CiState.Passed, new string('t', 400), "x" + string.Concat(Enumerable.Repeat("😀", 20_000))));
        var output = (await RunsAsync(sha)).ShouldHaveSingleItem()["output"]!;
        Encoding.UTF8.GetByteCount(Text(output, "summary")).ShouldBeInRange(65_525, 65_535);
        Text(output, "summary").ShouldEndWith("😀…");
        Text(output, "title").Length.ShouldBe(248);
    }

    /// <summary>Without the permission it is said which; nothing is reported in another way.</summary>
    [Fact]
    public async Task Check_WithoutThePermission_NamesIt()
    {
        var sha = await stage.PushAsync("ada", "acme/shop", "check/refused", [("refused.txt", "1")]);
        stage.Server.GrantApp("narrow", "acme", LocalForgeServer.AppPermissions.ToDictionary(p => p.Key, p => p.Key == "checks" ? "read" : p.Value));
        (await Should.ThrowAsync<ForgeRejectedException>(() => stage.ForgeWithoutRuns.EnsureCheckAsync(Repo, new EvidenceCheck(Name, sha, CiState.Passed, "T", "S"), default)))
            .Message.ShouldContain("does not grant checks: write, which check of acme/shop needs");
        (await RunsAsync(sha)).ShouldBeEmpty();
    }

    private Task EnsureAsync(EvidenceCheck check) => stage.Forge.EnsureCheckAsync(Repo, check, default);

    private async Task<IReadOnlyList<JsonNode>> RunsAsync(string sha) =>
        [.. (await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/commits/{sha}/check-runs?filter=all", null))["check_runs"]!.AsArray().OfType<JsonNode>()];

    private static string Text(JsonNode node, string name) => node[name]?.ToString() ?? "";
}
