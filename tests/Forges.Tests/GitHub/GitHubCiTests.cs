using System.Net;
using System.Text;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>Runs, attempts and logs as GitHub words them, where LocalForge does not.</summary>
public sealed class GitHubCiTests
{
    private const string NoJobs = "{\"total_count\":0,\"jobs\":[]}";
    private const string Me = """{"login":"bot","id":7,"type":"User"}""";
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitHub _github = new();

    [Theory]
    [InlineData("completed", "action_required", CiState.NeedsPerson)]
    [InlineData("completed", "startup_failure", CiState.NotStarted)]
    [InlineData("completed", "failure", CiState.NotStarted)]
    [InlineData("completed", "cancelled", CiState.Cancelled)]
    [InlineData("queued", null, CiState.Pending)]
    [InlineData("waiting", null, CiState.Pending)]
    [InlineData("completed", "success", CiState.Passed)]
    public async Task Run_WithoutJobs_SpeaksForItself(string status, string? conclusion, CiState state)
    {
        Ci("", "", Run(50, 5, 500, status, conclusion));
        var ci = (await _github.Forge().GetCiAsync(Repo, "abc", None)).Single();
        (ci.Name, ci.State, ci.Suite, ci.Id).ShouldBe(("CI", state, 50, 0));
    }

    [Theory]
    [InlineData("cancelled", CiState.Cancelled)]
    [InlineData("stale", CiState.Stale)]
    [InlineData("action_required", CiState.NeedsPerson)]
    [InlineData("startup_failure", CiState.NotStarted)]
    [InlineData("timed_out", CiState.Failed)]
    [InlineData("neutral", CiState.Skipped)]
    [InlineData("skipped", CiState.Skipped)]
    [InlineData("of next year", CiState.Failed)]
    public async Task CheckRun_Conclusions_AreWhatTheyAre(string conclusion, CiState state)
    {
        Ci(Check(1, "test", 500, conclusion), "", "");
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Single().State.ShouldBe(state);
    }

    [Fact]
    public async Task Run_ThatGoesOnAfterItsJobs_IsPendingForTheJobsToCome()
    {
        Ci(Check(1, "test", 500, "success"), "", Run(50, 5, 500, "in_progress", null));
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => (c.Name, c.State)).ShouldBe([("CI", CiState.Pending), ("test", CiState.Passed)]);
    }

    [Fact]
    public async Task Run_NewerOfTheSameWorkflow_ReplacesTheOlder()
    {
        Ci(Check(1, "test", 500, "failure") + "," + Check(2, "test", 501, "success"), "", Run(50, 5, 500, "completed", "failure") + "," + Run(51, 5, 501, "completed", "success"));
        _github.Answer(200, NoJobs);
        var ci = (await _github.Forge().GetCiAsync(Repo, "abc", None)).Single();
        (ci.State, ci.FailedBefore).ShouldBe((CiState.Passed, true));
    }

    [Fact]
    public async Task Run_ApprovedAndRunMeanwhile_NeedsNobody()
    {
        Ci(Check(2, "test", 501, "success"), "", Run(50, 5, 500, "completed", "action_required") + "," + Run(51, 5, 501, "completed", "success"));
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Single().State.ShouldBe(CiState.Passed);
    }

    [Fact]
    public async Task Jobs_OfOneNameInOneTry_AreAllSeen()
    {
        // A matrix whose jobs are all called the same: ids rise, and none replaces another.
        Ci(Check(1, "test", 500, "failure") + "," + Check(2, "test", 500, "success"), "", Run(50, 5, 500, "completed", "failure"));
        _github.Answer(200, NoJobs);
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => (c.Id, c.State)).ShouldBe([(1, CiState.Failed), (2, CiState.Passed)]);
    }

    [Fact]
    public async Task Jobs_OfALaterTry_ReplaceThoseOfTheTryBefore()
    {
        Ci(Check(1, "test", 500, "failure") + "," + Check(2, "lint", 500, "success") + "," + Check(3, "test", 500, "success"), "", Run(50, 5, 500, "completed", "success", 2));
        _github.Answer(200, """{"total_count":3,"jobs":[{"id":1,"run_attempt":1},{"id":2,"run_attempt":1},{"id":3,"run_attempt":2}]}""");
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => (c.Name, c.State, c.Attempt, c.FailedBefore))
            .ShouldBe([("lint", CiState.Passed, 1, false), ("test", CiState.Passed, 2, true)]);
        _github.Asked[^1].ShouldContain("actions/runs/50/jobs?filter=all");
    }

    [Fact]
    public async Task Job_ThatNoRunnerTookUp_IsNoDefectOfTheChange()
    {
        // A spending limit: the job fails without a step, and without a log.
        Ci(Check(1, "test", 500, "failure") + "," + Check(2, "lint", 500, "failure") + "," + Check(3, "docs", 500, "failure"), "", Run(50, 5, 500, "completed", "failure"));
        _github.Answer(200, """{"total_count":3,"jobs":[{"id":1,"run_attempt":1,"steps":[]},{"id":2,"run_attempt":1,"steps":[{"name":"Set up job"}]},{"id":3,"run_attempt":1}]}""");
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => (c.Name, c.State)).ShouldBe([("docs", CiState.Failed), ("lint", CiState.Failed), ("test", CiState.NotStarted)]);
    }

    [Fact]
    public async Task Jobs_WhoseTriesMayNotBeRead_HideNoRed()
    {
        Ci(Check(1, "test", 500, "failure") + "," + Check(3, "test", 500, "success"), "", Run(50, 5, 500, "completed", "success", 2));
        _github.Answer(403, """{"message":"Resource not accessible by integration"}""");
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => c.State).ShouldBe([CiState.Failed, CiState.Passed]);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Runs_ThatMayNotBeRead_LeaveAppAndSuite(int status)
    {
        const string app = "github-actions";
        _github.Answer(200, Me)
            .Answer(200, $$"""{"total_count":4,"check_runs":[{{Check(1, "test", 500, "failure", app)}},{{Check(2, "test", 501, "success", app)}},{{Check(3, "lint", 500, "failure", app, "10:00:00", "10:01:00")}},{{Check(4, "lint", 500, "success", app, "10:05:00", "10:06:00")}}]}""")
            .Answer(200, "[]").Answer(status, """{"message":"no"}""");
        var ci = await _github.Forge().GetCiAsync(Repo, "abc", None);
        // The second try of lint began when the first had ended; the other suite's test says nothing of this one's.
        ci.Select(c => (c.Name, c.State, c.FailedBefore)).ShouldBe([("lint", CiState.Passed, true), ("test", CiState.Failed, false), ("test", CiState.Passed, false)]);
        ci.ShouldAllBe(c => c.Source.Contains("/50", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rerun_OfWhatRunsAlready_IsDone()
    {
        _github.Answer(403, """{"message":"This workflow is already running"}""").Answer(403, """{"message":"Resource not accessible by integration"}""").Answer(201, "{}").Answer(201, "{}").Answer(201, "");
        using var forge = _github.Forge();
        var job = new CiResult("test", CiState.Failed, false, "", null) { Source = "workflow:5", Suite = 50, Id = 1, Origin = CiOrigin.Job };
        await forge.RerunAsync(Repo, job, None);
        (await Should.ThrowAsync<ForgeRejectedException>(() => forge.RerunAsync(Repo, job, None))).Status.ShouldBe(HttpStatusCode.Forbidden);
        await forge.RerunAsync(Repo, job with { Source = "github-actions/500", Suite = 500 }, None);
        await forge.RerunAsync(Repo, job with { Id = 0 }, None);
        await forge.RerunAsync(Repo, job with { Origin = CiOrigin.Check, Suite = 500 }, None);
        _github.Asked.Select(a => a[(a.IndexOf("shop/", StringComparison.Ordinal) + 5)..]).ShouldBe(
            ["actions/runs/50/rerun-failed-jobs", "actions/runs/50/rerun-failed-jobs", "actions/jobs/1/rerun", "actions/runs/50/rerun", "check-suites/500/rerequest"]);
    }

    [Fact]
    public async Task StartWorkflow_AnyName_IsOneSegment()
    {
        _github.Answer(204, "");
        await _github.Forge().StartWorkflowAsync(Repo, "a/../b.yml", "agent/x", None);
        _github.Asked.Single().ShouldBe("POST https://api.github.com/repos/acme/shop/actions/workflows/a%2F..%2Fb.yml/dispatches");
        _github.Bodies.Single().ShouldBe("""{"ref":"agent/x"}""");
    }

    [Fact]
    public async Task Log_ElsewhereOverHttps_IsFollowedWithoutTheToken()
    {
        // The scripted transport looks for the token, and for there being none at the storage.
        Log("https://a.storage.example/x?sig=1").Answer(302, "", ("Location", "https://b.storage.example/y")).Answer(200, "all of it", ("Content-Type", "text/plain"));
        var log = await _github.Forge().ReadLogAsync(Repo, Job, None);
        (log.Text, log.Missing).ShouldBe(("all of it", ""));
        log.Remarks.ShouldBe(["src/a.cs:3: failure: Broken It is broken"]);
        _github.Asked.Skip(1).ShouldBe(["GET https://api.github.com/repos/acme/shop/actions/jobs/1/logs", "GET https://a.storage.example/x?sig=1", "GET https://b.storage.example/y"]);
    }

    [Fact]
    public async Task Log_OfARenamedRepository_IsFollowedWithTheTokenFirst()
    {
        _github.Answer(200, "[]").Answer(301, "{}", ("Location", "https://api.github.com/repositories/7/actions/jobs/1/logs"))
            .Answer(302, "", ("Location", "https://a.storage.example/x")).Answer(200, "log", ("Content-Type", "text/plain"));
        (await _github.Forge().ReadLogAsync(Repo, Job, None)).Text.ShouldBe("log");
    }

    [Theory]
    [InlineData("http://a.storage.example/x")]
    [InlineData("ftp://a.storage.example/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user@a.storage.example/x")]
    public async Task Log_AtAnAddressOfAnotherKind_IsNotFetched(string address)
    {
        Log(address);
        var log = await _github.Forge().ReadLogAsync(Repo, Job, None);
        log.Text.ShouldBeEmpty();
        log.Missing.ShouldNotBeEmpty();
        log.Remarks.ShouldNotBeEmpty();
        _github.Asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(404, "gone")]
    [InlineData(410, "gone")]
    [InlineData(403, "(403)")]
    [InlineData(500, "(500)")]
    public async Task Log_GoneFromItsStorage_IsMissing(int status, string words)
    {
        Log("https://a.storage.example/x").Answer(status, "<Error><Code>BlobNotFound</Code></Error>", ("Content-Type", "application/xml"));
        var log = await _github.Forge().ReadLogAsync(Repo, Job, None);
        log.Text.ShouldBeEmpty();
        log.Missing.ShouldContain(words);
    }

    [Fact]
    public async Task Log_StorageAway_IsMissing()
    {
        Log("https://a.storage.example/x").Fail(new HttpRequestException("no route"));
        (await _github.Forge().ReadLogAsync(Repo, Job, None)).Missing.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Log_RedirectedWithoutEnd_IsMissing()
    {
        Log("https://a.storage.example/x");
        for (var i = 0; i < 4; i++)
            _github.Answer(302, "", ("Location", "https://a.storage.example/x"));
        (await _github.Forge().ReadLogAsync(Repo, Job, None)).Missing.ShouldContain("without end");
    }

    [Fact]
    public async Task Log_VeryLong_IsItsBeginningAndItsEnd()
    {
        var body = "first line\n" + new string('x', 4 << 20) + "\nlast line\n";
        Log("https://a.storage.example/x").Answer(200, body, ("Content-Type", "text/plain")).Answer(206, body[^(1 << 20)..], ("Content-Type", "text/plain"));
        var log = await _github.Forge().ReadLogAsync(Repo, Job, None);
        log.Text.ShouldStartWith("first line\n");
        log.Text.ShouldEndWith("\nlast line\n");
        log.Text.Length.ShouldBeLessThan((1 << 20) + (65 << 10));
        _github.Headers[^1].ShouldContain($"Range: bytes={Encoding.UTF8.GetByteCount(body) - (1 << 20)}-");

        // A server without ranges sends it all, and the end is kept.
        Log("https://a.storage.example/x").Answer(200, body, ("Content-Type", "text/plain")).Answer(200, body, ("Content-Type", "text/plain"));
        var whole = await _github.Forge().ReadLogAsync(Repo, Job, None);
        whole.Text.ShouldBe(log.Text);
    }

    private static CiResult Job { get; } = new("test", CiState.Failed, false, "", null) { Source = "workflow:5", Suite = 50, Id = 1, Origin = CiOrigin.Job };

    private ScriptedGitHub Log(string address) => _github
        .Answer(200, """[{"path":"src/a.cs","start_line":3,"end_line":3,"annotation_level":"failure","title":"Broken","message":"It is\nbroken"}]""")
        .Answer(302, "", ("Location", address));

    private void Ci(string checks, string statuses, string runs) => _github.Answer(200, Me)
        .Answer(200, $$"""{"total_count":1,"check_runs":[{{checks}}]}""").Answer(200, $"[{statuses}]").Answer(200, $$"""{"total_count":1,"workflow_runs":[{{runs}}]}""");

    private static string Check(int id, string name, int suite, string conclusion, string app = "github-actions", string from = "10:00:00", string to = "10:01:00") =>
        $$"""{"id":{{id}},"name":"{{name}}","status":"completed","conclusion":"{{conclusion}}","started_at":"2026-11-22T{{from}}Z","completed_at":"2026-11-22T{{to}}Z","check_suite":{"id":{{suite}} },"app":{"slug":"{{app}}"},"output":{"title":null,"summary":null} }""";

    private static string Run(int id, int workflow, int suite, string status, string? conclusion, int attempt = 1) =>
        $$"""{"id":{{id}},"name":"CI","path":".github/workflows/ci.yml","workflow_id":{{workflow}},"check_suite_id":{{suite}},"head_sha":"abc","event":"push","status":"{{status}}","conclusion":{{(conclusion is null ? "null" : $"\"{conclusion}\"")}},"run_attempt":{{attempt}} }""";
}
