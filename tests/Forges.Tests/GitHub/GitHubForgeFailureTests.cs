using System.Net;
using System.Net.Sockets;
using CodingAgent.Forges.GitHub;

namespace CodingAgent.Forges.Tests.GitHub;

public sealed class GitHubForgeFailureTests
{
    private const string Me = """{"login":"bot","id":7,"type":"User"}""";
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitHub _github = new();

    [Fact]
    public async Task Read_ServerErrorThenOk_IsRepeated()
    {
        // A connection that is reset while it is made shows as the bare error of its socket.
        _github.Answer(502, "<html>").Fail(new HttpRequestException(HttpRequestError.ConnectionError)).Fail(new SocketException()).Answer(200, Me);
        (await _github.Forge().GetSelfAsync(Repo, None)).ShouldBe(new Actor("bot", 7, ActorKind.User));
        _github.Asked.Count.ShouldBe(4);
        _github.Time.Pauses.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Read_ServerErrorsWithoutEnd_IsUnavailableWithoutTheToken()
    {
        for (var i = 0; i < 4; i++)
            _github.Answer(503, """{"message":"No server is available"}""");
        var error = await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetSelfAsync(Repo, None));
        error.Message.ShouldBe("GET /user answered 503: No server is available");
        error.ToString().ShouldNotContain("ghp_secret");
    }

    [Fact]
    public async Task RetryAfter_Short_IsWaitedExactly()
    {
        _github.Answer(429, "{}", ("Retry-After", "7")).Answer(200, Me);
        await _github.Forge().GetSelfAsync(Repo, None);
        _github.Time.Pauses.ShouldBe([TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task RetryAfter_Long_IsHandedToTheCaller()
    {
        _github.Answer(403, """{"message":"You have exceeded a secondary rate limit"}""", ("Retry-After", "600"));
        var error = await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetSelfAsync(Repo, None));
        error.RetryAfter.ShouldBe(TimeSpan.FromMinutes(10));
        _github.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task SecondaryLimit_WithoutATime_AsksForAMinute()
    {
        _github.Answer(403, """{"message":"You have exceeded a secondary rate limit. Please wait."}""");
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetSelfAsync(Repo, None))).RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task PrimaryLimit_ResetSoon_IsWaitedFor()
    {
        var reset = _github.Time.GetUtcNow().AddSeconds(12).ToUnixTimeSeconds().ToString();
        _github.Answer(403, """{"message":"API rate limit exceeded"}""", ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)).Answer(200, Me);
        await _github.Forge().GetSelfAsync(Repo, None);
        _github.Time.Pauses.ShouldBe([TimeSpan.FromSeconds(12)]);
    }

    /// <summary>Its times are by its clock: ours may be an hour wrong.</summary>
    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task PrimaryLimitAndRetryAfter_WithTheForgesTime_GoByIt(int seconds)
    {
        var there = _github.Time.GetUtcNow().AddSeconds(seconds);
        _github
            .Answer(403, """{"message":"API rate limit exceeded"}""", ("Date", $"{there:R}"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", $"{there.AddSeconds(12).ToUnixTimeSeconds()}"))
            .Answer(429, "{}", ("Date", $"{there:R}"), ("Retry-After", $"{there.AddSeconds(7):R}"))
            .Answer(200, Me);
        await _github.Forge().GetSelfAsync(Repo, None);
        _github.Time.Pauses.ShouldBe([TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task Access_WhileLimited_IsUnavailableAndNotNoAccess()
    {
        _github.Answer(403, """{"message":"secondary rate limit"}""");
        await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetAccessAsync(Repo, "ada", None));
    }

    [Theory]
    [InlineData(404, """{"message":"ada is not a user"}""", AccessLevel.None)]
    [InlineData(200, """{"permission":"write","role_name":"release-manager"}""", AccessLevel.Write)]
    [InlineData(200, """{"permission":"read","role_name":"triage"}""", AccessLevel.Triage)]
    [InlineData(200, """{"permission":"sudo"}""", AccessLevel.None)]
    public async Task Access_Answers_FailClosed(int status, string json, AccessLevel level)
    {
        _github.Answer(status, json);
        (await _github.Forge().GetAccessAsync(Repo, "ada", None)).ShouldBe(level);
    }

    [Fact]
    public async Task Conversation_Locked_IsToldAsSuch()
    {
        _github.Answer(200, Me).Answer(200, "[]").Answer(403, """{"message":"Unable to create comment because issue is locked."}""");
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().EnsureCommentAsync(Repo, Subject.Issue(1), "m", "b", None))).Status.ShouldBe(HttpStatusCode.Locked);
    }

    // Found in reports of users of apps: the asker is refused, whatever it asks.
    [Theory]
    [InlineData(401, "Bad credentials")]
    [InlineData(401, "Requires authentication")]
    [InlineData(403, "This installation has been suspended")]
    [InlineData(403, "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.")]
    [InlineData(403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.")]
    [InlineData(403, "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal access token with fine-grained permissions.")]
    [InlineData(403, "Sorry. Your account was suspended.")]
    public async Task Refusal_OfWhoAsks_IsToldAsTheCredentials_WithItsSetting(int status, string message)
    {
        _github.Answer(status, $$"""{"message":"{{message}}"}""");
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None));
        error.Status.ShouldBe(HttpStatusCode.Unauthorized);
        error.Message.ShouldContain("Forge:GitHub:Token");
    }

    [Theory]
    [InlineData("Must have push access to view collaborator permission.")]
    [InlineData("Resource not accessible by personal access token")]
    public async Task Access_WeMayNotAsk_IsARefusalAndNotNoAccess(string message)
    {
        _github.Answer(403, $$"""{"message":"{{message}}"}""");
        var refusal = await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetAccessAsync(Repo, "ada", None));
        (refusal.Status, refusal.Message.Contains(message, StringComparison.Ordinal)).ShouldBe((System.Net.HttpStatusCode.Forbidden, true));
    }

    [Fact]
    public async Task CommentCreation_ServerError_IsNotRepeatedBlindly()
    {
        _github.Answer(200, Me).Answer(200, "[]").Answer(502, "");
        await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().EnsureCommentAsync(Repo, Subject.Issue(1), "m", "b", None));
        _github.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task CommentCreation_Limited_IsRepeated()
    {
        _github.Answer(200, Me).Answer(200, "[]").Answer(429, "{}", ("Retry-After", "1"))
            .Answer(201, """{"id":5,"user":{"login":"bot","id":7,"type":"User"},"body":"b","created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z","html_url":"https://x/y"}""");
        (await _github.Forge().EnsureCommentAsync(Repo, Subject.Issue(1), "m", "b", None)).Id.ShouldBe(5);
        _github.Bodies[^1].ShouldBe("""{"body":"b\n\n<!-- coding-agent:m -->"}""");
    }

    [Theory]
    [InlineData("""{"message":"Draft pull requests are not supported in this repository."}""")]
    [InlineData("""{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"Draft pull requests are not supported in this repository."}]}""")]
    public async Task PullCreation_WhereThereAreNoDrafts_OpensAPlainOne(string body)
    {
        _github.Answer(422, body)
            .Answer(201, """{"number":9,"state":"open","draft":false,"head":{"ref":"b","sha":"s","repo":{"id":7,"full_name":"acme/shop"}},"base":{"ref":"main","sha":"t","repo":{"id":7,"full_name":"acme/shop"}}}""");
        (await _github.Forge().EnsureDraftPullAsync(Repo, new NewPullRequest("b", "main", "T", "B"), None)).IsDraft.ShouldBeFalse();
        _github.Bodies[0]!.ShouldContain("\"draft\":true");
        _github.Bodies[1]!.ShouldContain("\"draft\":false");
    }

    [Fact]
    public async Task PullCreation_422ForAnotherReason_TellsIt()
    {
        _github.Answer(422, """{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"},"No commits between main and b"]}""")
            .Answer(200, "[]").Answer(200, """{"id":7,"full_name":"acme/shop","default_branch":"main","clone_url":"https://github.com/acme/shop.git"}""");
        var error = await Should.ThrowAsync<ForgeRejectedException>(() =>
            _github.Forge().EnsureDraftPullAsync(Repo, new NewPullRequest("b", "main", "T", "B"), None));
        error.Message.ShouldBe("POST /repos/acme/shop/pulls answered 422: Validation Failed; PullRequest.head invalid; No commits between main and b");
        error.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task RemoveLabel_ThatWouldNameSomethingElse_IsNotSent(string label)
    {
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().RemoveLabelAsync(Repo, Subject.Issue(1), label, None));
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetFileAsync(Repo, $"a/{label}/b", "main", None));
        _github.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ci_WithAFineGrainedToken_SaysWhichTokenIsNeeded()
    {
        _github.Answer(200, Me).Answer(403, """{"message":"Resource not accessible by personal access token"}""");
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetCiAsync(Repo, "abc", None))).Message.ShouldContain("classic");
    }

    [Fact]
    public async Task Pages_Linked_AreFollowedToTheEnd()
    {
        _github.Answer(200, Comment(1), ("Link", "<https://api.github.com/repositories/1/issues/1/comments?page=2>; rel=\"next\", <https://api.github.com/x>; rel=\"last\""))
            .Answer(200, Comment(2), ("Link", "<https://api.github.com/x>; rel=\"first\""));
        (await _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None)).Select(c => c.Id).ShouldBe([1, 2]);
        _github.Asked[1].ShouldStartWith("GET https://api.github.com/repositories/1/issues/1/comments?");
        _github.Asked[1].ShouldEndWith("&per_page=100&page=2");
    }

    [Fact]
    public async Task Pages_LinkedToAnotherServer_AreNotFollowed()
    {
        _github.Answer(200, Comment(1), ("Link", "<https://evil.example/comments?page=2>; rel=\"next\""));
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None));
        _github.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Pages_WithoutEnd_AreGivenUp()
    {
        for (var i = 0; i < 100; i++)
            _github.Answer(200, Comment(i), ("Link", "<https://api.github.com/repositories/1/issues/1/comments?page=2>; rel=\"next\""));
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None))).Message.ShouldContain("100 pages");
        _github.Asked.Count.ShouldBe(100);
    }

    [Theory]
    [InlineData("https://api.github.com", "https://api.github.com/graphql")]
    [InlineData("https://git.example.org/api/v3/", "https://git.example.org/api/graphql")]
    public async Task MarkReady_GraphQlRefusal_IsRejectedAtTheRightAddress(string api, string graphQl)
    {
        _github.Answer(200, """{"number":3,"node_id":"PR_1","draft":true}""").Answer(200, """{"data":null,"errors":[{"type":"FORBIDDEN","message":"no"}]}""");
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge(api).MarkReadyAsync(Repo, 3, None));
        _github.Asked[1].ShouldBe("POST " + graphQl);
        _github.Bodies[1]!.ShouldContain("\"variables\":{\"id\":\"PR_1\"}");
    }

    [Theory]
    [InlineData("http://git.example.org/api/v3")]
    [InlineData("https://token@git.example.org/api/v3")]
    [InlineData("ftp://git.example.org")]
    public void ApiUrl_Unsafe_StopsStartUp(string api) => Should.Throw<ArgumentException>(() => _github.Forge(api));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("ghp_a\nb")]
    public void Token_MissingOrBroken_StopsStartUp(string token) => Should.Throw<ArgumentException>(() => new PersonalTokenSource(token));

    [Fact]
    public async Task Caller_Cancelling_IsCancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => _github.Forge().GetSelfAsync(Repo, cancelled.Token));
    }

    [Fact]
    public async Task Pull_OfDeletedForkAndAccount_IsStillRead()
    {
        _github.Answer(200, """{"number":3,"title":null,"body":null,"user":null,"state":"open","draft":false,"head":{"ref":"b","sha":"1","repo":null},"base":{"ref":"main","sha":"2"}}""");
        var pull = await _github.Forge().GetPullAsync(Repo, 3, None);
        (pull.Author.Login, pull.Head.Repo, pull.Title).ShouldBe(("ghost", null, ""));
    }

    private static string Comment(int id) => $$"""
        [{"id":{{id}},"user":{"login":"ada","id":2,"type":"User"},"body":"b","created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z","html_url":"https://x/y"}]
        """;
}
