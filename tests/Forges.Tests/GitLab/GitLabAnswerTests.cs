using System.Net;
using CodingAgent.Forges.GitLab;

namespace CodingAgent.Forges.Tests.GitLab;

/// <summary>What GitLab answers that is no plain success, and what is read of what it does answer.</summary>
public sealed class GitLabAnswerTests : IDisposable
{
    private static readonly RepoRef Repo = new(ForgeKind.GitLab, "acme/pay", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitLab _gitlab = new();

    public void Dispose() => _gitlab.Dispose();

    [Theory]
    [InlineData("https://gitlab.com", "https://gitlab.com/api/v4/projects/acme%2Fpay%2Fshop")]
    [InlineData("https://git.example.org/gitlab/", "https://git.example.org/gitlab/api/v4/projects/acme%2Fpay%2Fshop")]
    public async Task Project_InASubgroup_IsNamedByItsWholePath(string url, string address)
    {
        _gitlab.Answer("/projects/", 200, """{"id":7,"path_with_namespace":"acme/pay/shop","default_branch":"main","http_url_to_repo":"https://gitlab.com/acme/pay/shop.git","visibility":"private","permissions":{"project_access":null,"group_access":{"access_level":30}}}""");
        var repository = await _gitlab.Forge(url).GetRepositoryAsync(Repo, None);
        (repository.Id, repository.MayWrite, repository.Visibility).ShouldBe((7, true, RepositoryVisibility.Private));
        _gitlab.Asked.ShouldBe([$"GET {address}"]);
    }

    [Fact]
    public async Task Limit_InPlainTextWithATime_IsWaitedFor()
    {
        _gitlab.Answer("/user", 429, "Retry later\n", ("Content-Type", "text/plain"), ("Retry-After", "7"));
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""");
        (await _gitlab.Forge().GetSelfAsync(Repo, None)).Login.ShouldBe("bot");
        _gitlab.Time.Pauses.ShouldBe([TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task Limit_LongerThanACall_IsTheCallersToWaitFor()
    {
        var reset = _gitlab.Time.GetUtcNow().AddMinutes(9).ToUnixTimeSeconds();
        _gitlab.Answer("/user", 429, "{}", ("RateLimit-Reset", $"{reset}"));
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _gitlab.Forge().GetSelfAsync(Repo, None))).RetryAfter.ShouldBe(TimeSpan.FromMinutes(9));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task Trouble_OnceOfAQuestion_IsAskedAgain(int status)
    {
        _gitlab.Answer("/user", status, "<html>", ("Content-Type", "text/html"));
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""");
        (await _gitlab.Forge().GetSelfAsync(Repo, None)).Id.ShouldBe(1);
    }

    [Fact]
    public async Task Trouble_OfANewNote_IsNotAskedAgain()
    {
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""").Answer("/issues/1/notes?", 200, "[]").Answer("/issues/1/notes", 500, "{}");
        await Should.ThrowAsync<ForgeUnavailableException>(() => _gitlab.Forge().EnsureCommentAsync(Repo, Subject.Issue(1), "m", "text", None));
        _gitlab.Asked.Count(a => a.StartsWith("POST", StringComparison.Ordinal)).ShouldBe(1, "nobody knows whether it was written");
    }

    [Theory]
    [InlineData(401, """{"message":"401 Unauthorized"}""")]
    [InlineData(403, """{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}""")]
    public async Task Token_NotAccepted_IsSaidWithItsSetting(int status, string body)
    {
        _gitlab.Answer("/user", status, body);
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => _gitlab.Forge().GetSelfAsync(Repo, None));
        (error.Status, error.Message.Contains("Forge:GitLab:Token", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.Unauthorized, true));
    }

    [Theory]
    [InlineData("""{"message":{"title":["can't be blank"],"base":["a","b"]}}""", "title: can't be blank; base: a, b")]
    [InlineData("""{"message":["one","two"]}""", "one, two")]
    [InlineData("""{"error":"iid is invalid"}""", "iid is invalid")]
    [InlineData("""{"message":"glpat_hidden is no token"}""", "*** is no token")]
    [InlineData("""{"message":"one\nline\u001b[31m\u0085of it"}""", "one line [31m of it")]
    [InlineData("[]", "no message")]
    [InlineData("""{"message":"\ud800"}""", "no message")]
    [InlineData("""{"message":{"\ud800":["x"]}}""", "no message")]
    [InlineData("<html>", "no message")]
    public async Task Refusal_InAnyOfItsShapes_IsOneLineWithoutTheToken(string body, string words)
    {
        _gitlab.Answer("/issues/1", 400, body);
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => _gitlab.Forge().GetIssueAsync(Repo, Subject.Issue(1), None));
        error.Message.ShouldEndWith($"answered 400: {words}");
        error.ToString().ShouldNotContain("glpat_hidden");
    }

    [Fact]
    public async Task Redirect_OfARenamedProject_IsFollowedForReadingAndToNowhereElse()
    {
        _gitlab.Answer("acme%2Fpay%2Fshop", 301, "{}", ("Location", "https://gitlab.com/api/v4/projects/7")).Answer("/projects/7", 200, """{"id":7,"path_with_namespace":"acme/new","default_branch":"main","http_url_to_repo":"https://gitlab.com/acme/new.git"}""");
        (await _gitlab.Forge().GetRepositoryAsync(Repo, None)).Ref.FullName.ShouldBe("acme/new");

        using var elsewhere = new ScriptedGitLab();
        elsewhere.Answer("/projects/", 301, "{}", ("Location", "https://evil.example/api/v4/projects/7"));
        (await Should.ThrowAsync<ForgeRejectedException>(() => elsewhere.Forge().GetRepositoryAsync(Repo, None))).Message.ShouldContain("another server");
        elsewhere.Asked.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Page_OfAProxy_IsNoAnswer()
    {
        _gitlab.Answer("/user", 200, "<html>Sign in</html>", ("Content-Type", "text/html"));
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _gitlab.Forge().GetSelfAsync(Repo, None))).Message.ShouldContain("not JSON");
    }

    [Theory]
    [InlineData("""{"id":"seven"}""")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{")]
    public async Task Answer_ThatIsNotTheExpectedJson_IsTriedLater(string body)
    {
        _gitlab.Answer("/user", 200, body);
        await Should.ThrowAsync<ForgeUnavailableException>(() => _gitlab.Forge().GetSelfAsync(Repo, None));
    }

    [Theory]
    [InlineData("active", "active", 30, AccessLevel.Write)]
    [InlineData("blocked", "active", 50, AccessLevel.None)]
    [InlineData("active", "awaiting", 40, AccessLevel.None)]
    [InlineData("active", "active", 15, AccessLevel.Triage)]
    [InlineData("active", "active", 5, AccessLevel.None)]
    public async Task Access_OfWhoIsBlockedOrAwaited_IsNone(string user, string membership, int level, AccessLevel access)
    {
        _gitlab.Answer("/users?username=ada", 200, $$"""[{"id":7,"username":"ada","state":"{{user}}"}]""")
            .Answer("/members/all/7", 200, $$"""{"id":7,"state":"active","membership_state":"{{membership}}","access_level":{{level}}}""");
        (await _gitlab.Forge().GetAccessAsync(Repo, "ada", None)).ShouldBe(access);
    }

    [Fact]
    public async Task Access_OfANameThatOnlyBeginsSo_IsNotTheirs()
    {
        // The search is by the whole name; that another comes back is no reason to believe it.
        _gitlab.Answer("/users?username=ada", 200, """[{"id":8,"username":"adam","state":"active"}]""");
        (await _gitlab.Forge().GetAccessAsync(Repo, "ada", None)).ShouldBe(AccessLevel.None);
    }

    [Fact]
    public async Task Note_EditedByAnother_IsToldByGraphQl()
    {
        _gitlab.Answer("/issues/1/notes/9", 200, """{"id":9,"body":"/agent stop","author":{"id":7,"username":"ada"},"system":false,"created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z"}""")
            .Answer("/api/graphql", 200, """{"data":{"note":{"lastEditedAt":"2026-11-22T12:09:00Z","lastEditedBy":{"id":"gid://gitlab/User/8","username":"eve","bot":false}}}}""");
        (await _gitlab.Forge().FindCommentAsync(Repo, Subject.Issue(1), 9, withEdit: true, None))!.Edit.ShouldBe(new TextEdit(new Actor("eve", 8, ActorKind.User), DateTimeOffset.Parse("2026-11-22T12:09:00Z")));
        _gitlab.Bodies[^1]!.ShouldContain("gid://gitlab/Note/9");
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Internal server error"}]}""")]
    [InlineData("""{"data":{"note":null}}""")]
    [InlineData("{}")]
    public async Task Note_OfWhichNobodySaysWhoEditedIt_IsAskedForLater(string answer)
    {
        _gitlab.Answer("/issues/1/notes/9", 200, """{"id":9,"body":"x","author":{"id":7,"username":"ada"},"system":false,"created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T13:00:00Z"}""").Answer("/api/graphql", 200, answer);
        await Should.ThrowAsync<ForgeUnavailableException>(() => _gitlab.Forge().FindCommentAsync(Repo, Subject.Issue(1), 9, withEdit: false, None));
    }

    [Theory]
    [InlineData("""{"system":true}""")]
    [InlineData("""{"internal":true}""")]
    [InlineData("""{"confidential":true}""")]
    [InlineData("""{"type":"DiffNote"}""")]
    public async Task Note_OfGitLabsOwnForMembersOrOnALine_IsNoComment(string more)
    {
        _gitlab.Answer("/issues/1/notes/9", 200, """{"id":9,"body":"x","author":{"id":7,"username":"ada"},"created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z",""" + more[1..]);
        (await _gitlab.Forge().FindCommentAsync(Repo, Subject.Issue(1), 9, withEdit: false, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Verdict_TakenBack_IsNoneAnyMore()
    {
        _gitlab.Answer("/merge_requests/3/reviewers", 200, """[{"user":{"id":7,"username":"ada"},"state":"unreviewed"},{"user":{"id":8,"username":"bob"},"state":"requested_changes"}]""").Answer("/merge_requests/3/approvals", 404, "{}")
            .Answer("/merge_requests/3/notes", 200, """
                [{"id":1,"system":true,"body":"requested changes","author":{"id":7,"username":"ada"},"created_at":"2026-11-22T12:00:00Z"},
                 {"id":2,"system":true,"body":"approved this merge request","author":{"id":8,"username":"bob"},"created_at":"2026-11-22T12:01:00Z"},
                 {"id":3,"system":true,"body":"requested changes","author":{"id":8,"username":"bob"},"created_at":"2026-11-22T12:02:00Z"},
                 {"id":4,"system":false,"body":"requested changes","author":{"id":9,"username":"eve"},"created_at":"2026-11-22T12:03:00Z"}]
                """, ("x-next-page", ""))
            .Answer("/merge_requests/3/versions", 200, """[{"id":20,"head_commit_sha":"new","created_at":"2026-11-22T12:30:00Z"},{"id":10,"head_commit_sha":"old","created_at":"2026-11-22T11:00:00Z"}]""");
        var verdict = (await _gitlab.Forge().ListReviewsAsync(Repo, 3, DateTimeOffset.MinValue, None)).ShouldHaveSingleItem();
        (verdict.Id, verdict.Author.Login, verdict.State, verdict.CommitSha).ShouldBe((3, "bob", ReviewState.ChangesRequested, "old"));
    }

    [Fact]
    public async Task Approval_OfSomebodyWhoIsNoReviewer_IsAVerdictWhileItStands()
    {
        _gitlab.Answer("/merge_requests/3/reviewers", 200, "[]").Answer("/merge_requests/3/approvals", 200, """{"approved_by":[{"user":{"id":7,"username":"ada"}}]}""")
            .Answer("/merge_requests/3/notes", 200, """
                [{"id":1,"system":true,"body":"approved this merge request","author":{"id":7,"username":"ada"},"created_at":"2026-11-22T12:00:00Z"},
                 {"id":2,"system":true,"body":"approved this merge request","author":{"id":8,"username":"bob"},"created_at":"2026-11-22T12:01:00Z"}]
                """, ("x-next-page", ""))
            .Answer("/merge_requests/3/versions", 200, """[{"id":10,"head_commit_sha":"old","created_at":"2026-11-22T11:00:00Z"}]""");
        (await _gitlab.Forge().ListReviewsAsync(Repo, 3, DateTimeOffset.MinValue, None)).Select(v => (v.Id, v.Author.Login, v.State)).ShouldBe([(1, "ada", ReviewState.Approved)]);
    }

    [Theory]
    [InlineData("Draft: One", "One", true)]
    [InlineData("[Draft] One", "One", true)]
    [InlineData("(draft) Draft: One", "One", true)]
    [InlineData("Drafting: One", "Drafting: One", false)]
    [InlineData("Draft:", "Draft:", true)]
    public async Task Draft_IsWhatTheTitleBeginsWith(string title, string shown, bool isDraft)
    {
        _gitlab.Answer("/merge_requests/3", 200, $$"""{"iid":3,"title":"{{title}}","state":"opened","source_branch":"b","target_branch":"main","sha":"c","source_project_id":1,"target_project_id":1,"web_url":"https://gitlab.com/acme/pay/shop/-/merge_requests/3"}""");
        var pull = await _gitlab.Forge().GetPullAsync(Repo, 3, None);
        (pull.Title, pull.IsDraft).ShouldBe((shown, isDraft));
    }

    [Theory]
    [InlineData("""{"status":"failed","allow_failure":true}""", CiState.Skipped)]
    [InlineData("""{"status":"manual","allow_failure":true}""", CiState.Skipped)]
    [InlineData("""{"status":"manual","allow_failure":false}""", CiState.NeedsPerson)]
    [InlineData("""{"status":"failed","allow_failure":false,"started_at":"2026-11-22T12:00:00Z"}""", CiState.Failed)]
    [InlineData("""{"status":"failed","failure_reason":"stuck_or_timeout_failure"}""", CiState.NotStarted)]
    [InlineData("""{"status":"canceled"}""", CiState.Cancelled)]
    [InlineData("""{"status":"skipped"}""", CiState.Skipped)]
    [InlineData("""{"status":"waiting_for_resource"}""", CiState.Pending)]
    [InlineData("""{"status":"success"}""", CiState.Passed)]
    [InlineData("""{"status":"a word of later"}""", CiState.Failed)]
    public async Task Job_InEachState_CountsAsItShould(string job, CiState state)
    {
        Ci("""[{"id":5,"status":"running","source":"push"}]""", $$"""[{"id":50,"name":"unit",{{job[1..]}}]""");
        (await _gitlab.Forge().GetCiAsync(Repo, "c0ffee", None)).ShouldHaveSingleItem().State.ShouldBe(state);
    }

    [Fact]
    public async Task Job_TriedAgain_CountsAsItEndedLast()
    {
        Ci("""[{"id":5,"status":"success","source":"push"}]""", """[{"id":52,"name":"unit","status":"success"},{"id":50,"name":"unit","status":"failed","started_at":"2026-11-22T12:00:00Z"}]""");
        var result = (await _gitlab.Forge().GetCiAsync(Repo, "c0ffee", None)).ShouldHaveSingleItem();
        (result.State, result.Attempt, result.FailedBefore, result.Id).ShouldBe((CiState.Passed, 2, true, 52));
    }

    [Theory]
    [InlineData("failed", CiState.NotStarted)]
    [InlineData("skipped", CiState.Skipped)]
    public async Task Pipeline_WithoutJobs_SaysItself(string status, CiState state)
    {
        Ci($$"""[{"id":5,"status":"{{status}}","source":"push","yaml_errors":"jobs:unit config should contain script"}]""", "[]");
        var whole = (await _gitlab.Forge().GetCiAsync(Repo, "c0ffee", None)).ShouldHaveSingleItem();
        (whole.Name, whole.State, whole.Summary).ShouldBe(("pipeline", state, "jobs:unit config should contain script"));
    }

    [Fact]
    public async Task Pipeline_OnAMergedResult_CountsForTheHeadWhoseItIs()
    {
        Ci("[]", """[{"id":50,"name":"unit","status":"failed","started_at":"2026-11-22T12:00:00Z"}]""",
            """[{"iid":3,"state":"opened","sha":"c0ffee"},{"iid":4,"state":"opened","sha":"another"}]""");
        _gitlab.Answer("/merge_requests/3", 200, """{"iid":3,"state":"opened","sha":"c0ffee","head_pipeline":{"id":5,"sha":"merged","ref":"refs/merge-requests/3/merge","status":"failed","source":"merge_request_event"}}""");
        var result = (await _gitlab.Forge().GetCiAsync(Repo, "c0ffee", None)).ShouldHaveSingleItem();
        (result.State, result.Trigger, result.Suite).ShouldBe((CiState.Failed, "merge_request_event", 5));
        _gitlab.Asked.ShouldNotContain(a => a.EndsWith("/merge_requests/4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_WithColoursSectionsAndStamps_IsPlain()
    {
        const string Trace = "\u001b[0KRunning with gitlab-runner\u001b[0;m\nsection_start:1700000000:step[collapsed=true]\r\u001b[0K\u001b[36;1mStep\u001b[0;m\r\n"
            + "2026-11-22T12:00:00.123456Z 00O \u001b[31mFAILED\u001b[0m tests/x.py::test\n2026-11-22T12:00:01.123456Z 01E+ tail\nsection_end:1700000001:step\r\u001b[0K\n";
        _gitlab.Answer("/jobs/50/trace", 200, Trace, ("Content-Type", "text/plain"));
        var log = await _gitlab.Forge().ReadLogAsync(Repo, new CiResult("unit", CiState.Failed, false, "", null) { Id = 50, Origin = CiOrigin.Job }, None);
        log.Text.ShouldBe("Running with gitlab-runner\nStep\nFAILED tests/x.py::test\n tail\n\n");
    }

    [Fact]
    public async Task Log_OfMegabytes_IsItsBeginningAndItsEnd()
    {
        _gitlab.Answer("/jobs/50/trace", 200, "first\n" + string.Concat(Enumerable.Repeat("the same line again\n", 400_000)) + "last", ("Content-Type", "text/plain"));
        var log = await _gitlab.Forge().ReadLogAsync(Repo, new CiResult("unit", CiState.Failed, false, "", null) { Id = 50, Origin = CiOrigin.Job }, None);
        log.Text.Length.ShouldBeLessThan(1_200_000);
        log.Text.ShouldStartWith("first\n");
        log.Text.ShouldEndWith("last");
    }

    [Fact]
    public async Task Status_ReportedInTheSameState_IsFine()
    {
        _gitlab.Answer("/user", 200, """{"id":1,"username":"bot"}""").Answer("/statuses?", 200, "[]")
            .Answer("/statuses/c0ffee", 400, """{"message":"Cannot transition status via :run from :running (Reason(s): Status cannot transition via \"run\")"}""");
        await _gitlab.Forge().EnsureCheckAsync(Repo, new EvidenceCheck("coding-agent/evidence", "c0ffee", CiState.Pending, "Running", ""), None);
    }

    [Theory]
    [InlineData("http://git.example.org")]
    [InlineData("https://git.example.org/api/v4")]
    [InlineData("https://me:secret@git.example.org")]
    [InlineData("https://git.example.org/?x=1")]
    public void Options_ThatCannotBe_AreSaidInOneLine(string url) =>
        Should.Throw<ArgumentException>(() => new GitLabOptions { Url = new Uri(url) }.Validate()).Message.ShouldContain("Forge:GitLab:Url");

    private void Ci(string pipelines, string jobs, string mergeRequests = "[]") => _gitlab
        .Answer("/user", 200, """{"id":1,"username":"bot"}""").Answer("/pipelines?", 200, pipelines).Answer("/pipelines/5/jobs", 200, jobs).Answer("/pipelines/5/bridges", 404, "{}")
        .Answer("/commits/c0ffee/merge_requests", 200, mergeRequests).Answer("/commits/c0ffee/statuses", 200, "[]");
}
