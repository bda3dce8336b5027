using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CodingAgent.Forges.GitHub;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>Answers that Octokit alone would lose, choke on, or wait for without end.</summary>
public sealed class GitHubAnswerTests
{
    private const string Me = """{"login":"bot","id":7,"type":"User"}""";
    private const string Issue = """{"number":1,"title":"T","state":"open","user":null,"updated_at":"2026-11-22T12:00:00Z"}""";
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitHub _github = new();

    [Fact]
    public async Task Request_AnyCall_SaysWhatGitHubAsksFor()
    {
        _github.Answer(200, Me);
        await _github.Forge("https://git.example.org/api/v3").GetSelfAsync(Repo, None);
        _github.Asked.ShouldBe(["GET https://git.example.org/api/v3/user"]);
        _github.Headers[0].ShouldContain("User-Agent: coding-agent");
        _github.Headers[0].ShouldContain("Accept: application/vnd.github+json");
        _github.Headers[0].ShouldContain("X-GitHub-Api-Version: 2022-11-28");
    }

    [Fact]
    public async Task Answer_UnchangedSinceLastTime_IsReadAgainFromThe304()
    {
        _github.Answer(200, Issue, ("ETag", "W/\"abc\"")).Answer(304, "").Answer(200, Issue.Replace("\"T\"", "\"New\""), ("ETag", "W/\"def\"")).Answer(304, "");
        using var forge = _github.Forge();
        (await forge.GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("T");
        (await forge.GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("T");
        (await forge.GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("New");
        (await forge.GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("New");
        _github.Headers[0].ShouldNotContain("If-None-Match");
        _github.Headers[1].ShouldContain("If-None-Match: W/\"abc\"");
        _github.Headers[3].ShouldContain("If-None-Match: W/\"def\"");
    }

    [Fact]
    public async Task Page_OfAList_IsNeverAskedForConditionally()
    {
        // A full page does not change when another one follows it.
        _github.Answer(200, "[]", ("ETag", "W/\"abc\"")).Answer(200, "[]");
        using var forge = _github.Forge();
        await forge.ListCommentsAsync(Repo, Subject.Issue(1), None);
        await forge.ListCommentsAsync(Repo, Subject.Issue(1), None);
        _github.Headers[1].ShouldNotContain("If-None-Match");
    }

    [Fact]
    public async Task NotModified_ToAnUnconditionalQuestion_IsNoAnswer()
    {
        _github.Answer(304, "");
        await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None));
    }

    [Fact]
    public async Task CheckRuns_NotStartedOrOfAnEnterprisesApp_AreRead()
    {
        _github.Answer(200, Me)
            .Answer(200, """
                {"total_count":3,"check_runs":[
                 {"id":9007199254740993,"name":"queued","status":"queued","conclusion":null,"started_at":null,"completed_at":null,"app":{"slug":"a","owner":{"login":"e","id":1,"type":"Enterprise"}}},
                 {"id":2,"name":"waiting","status":"waiting","conclusion":null,"output":null,"app":null},
                 {"id":3,"name":"new word","status":"completed","conclusion":"invented_yesterday"}]}
                """)
            .Answer(200, "[]")
            .Answer(404, "{}");
        (await _github.Forge().GetCiAsync(Repo, "abc", None)).Select(c => (c.Name, c.State))
            .ShouldBe([("new word", CiState.Failed), ("queued", CiState.Pending), ("waiting", CiState.Pending)]);
    }

    [Fact]
    public async Task Comments_OfOddAccountsAndLargeIds_AreRead()
    {
        _github.Answer(200, """
            [{"id":9007199254740993,"user":{"login":"corp","id":4294967296,"type":"Enterprise"},"body":null,"created_at":"2026-11-22T12:00:00+01:00","updated_at":"2026-11-22T12:00:00Z","author_association":"INVENTED"},
             {"id":2,"user":null,"body":"b","created_at":"2026-11-22T12:00:00.123Z","html_url":"https://x/y"}]
            """);
        var comments = await _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None);
        comments.Select(c => (c.Id, c.Author, c.Body)).ShouldBe([
            (9007199254740993, new Actor("corp", 4294967296, ActorKind.Other), ""), (2, new Actor("ghost", 0, ActorKind.Other), "b")]);
        comments[0].CreatedAt.ShouldBe(DateTimeOffset.Parse("2026-11-22T11:00:00Z"));
    }

    [Fact]
    public async Task Review_NotSubmitted_IsRead()
    {
        _github.Answer(200, """{"id":5,"state":"PENDING","submitted_at":null,"user":null,"commit_id":null}""");
        (await _github.Forge().GetReviewAsync(Repo, 1, 5, None)).State.ShouldBe(ReviewState.Commented);
    }

    [Fact]
    public async Task BranchHead_OfABranchThatOnlyBeginsSo_IsNull()
    {
        _github.Answer(404, """{"message":"Not Found"}""");
        (await _github.Forge().GetBranchHeadAsync(Repo, "agent", None)).ShouldBeNull();
        _github.Asked.ShouldBe(["GET https://api.github.com/repos/acme/shop/git/ref/heads/agent"]);
    }

    [Fact]
    public async Task Thread_OnALaterPage_IsFoundAndResolved()
    {
        _github.Answer(200, Threads("{\"hasNextPage\":true,\"endCursor\":\"Y3Vy==\"}", "1"))
            .Answer(200, Threads("{\"hasNextPage\":false,\"endCursor\":null}", "4294967297"))
            .Answer(200, "{\"data\":{}}");
        await _github.Forge().ResolveThreadAsync(Repo, 3, 4294967297, None);
        _github.Asked.ShouldAllBe(asked => asked == "POST https://api.github.com/graphql");
        _github.Bodies[1]!.ShouldContain("\"after\":\"Y3Vy==\"");
        _github.Bodies[2]!.ShouldContain("\"id\":\"PRRT_4294967297\"");
    }

    [Theory]
    [InlineData("{\"data\":{\"repository\":null}}")]
    [InlineData("{\"data\":{\"repository\":{\"pullRequest\":{\"reviewThreads\":{\"nodes\":[null,{\"comments\":{\"nodes\":[]}},7]}}}}}")]
    [InlineData("{\"data\":7}")]
    public async Task Thread_ThatIsNowhere_IsNobodysTrouble(string json)
    {
        _github.Answer(200, json);
        await _github.Forge().ResolveThreadAsync(Repo, 3, 1, None);
        _github.Asked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("[{\"type\":\"FORBIDDEN\",\"message\":\"no\"}]", false)]
    [InlineData("[{\"type\":\"RATE_LIMITED\",\"message\":\"later\"}]", true)]
    [InlineData("[]", false)]
    [InlineData("\"what\"", false)]
    public async Task GraphQl_Errors_AreARefusalOrALimit(string errors, bool isLimit)
    {
        _github.Answer(200, $$"""{"data":null,"errors":{{errors}} }""");
        var error = await Should.ThrowAsync<Exception>(() => _github.Forge().ResolveThreadAsync(Repo, 3, 1, None));
        error.ShouldBeOfType(isLimit ? typeof(ForgeUnavailableException) : typeof(ForgeRejectedException));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    [InlineData("{\"number\":")]
    [InlineData("{\"number\":\"x\"}")]
    [InlineData("{\"number\":1e99}")]
    [InlineData("{\"number\":1,\"number\":2}")]
    [InlineData("{\"number\":1,\"user\":\"ada\"}")]
    [InlineData("{\"number\":1,\"updated_at\":\"yesterday\"}")]
    public async Task Answer_ThatIsNotWhatWasAskedFor_CountsAsAway(string json)
    {
        _github.Answer(200, json);
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None))).Message.ShouldContain("GET /repos/acme/shop/issues/1");
    }

    [Fact]
    public async Task Answer_NestedTooDeep_CountsAsAwayAndDoesNotEndTheProcess()
    {
        _github.Answer(200, string.Concat(Enumerable.Repeat("{\"user\":", 100_000)));
        await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None));
    }

    [Fact]
    public async Task Answer_LargerThanIsRead_IsRejectedAndNotAskedForAgain()
    {
        _github.Answer(200, new string(' ', 64 * 1024 * 1024 + 1));
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None))).Message.ShouldContain("67108864 bytes");
    }

    [Fact]
    public async Task Answer_OfAProxy_IsAskedForAgain()
    {
        _github.Answer(200, "<html>Please log in</html>", ("Content-Type", "text/html")).Answer(200, Issue);
        (await _github.Forge().GetIssueAsync(Repo, Subject.Issue(1), None)).Title.ShouldBe("T");
    }

    [Theory]
    [InlineData("<https://api.github.com/x?page=2>; rel=\"next\", <https://api.github.com/y?page=3>; rel=\"next\"")]
    [InlineData("<not a uri>; rel=\"next\"")]
    public async Task Link_ThatIsNone_CountsAsAway(string link)
    {
        _github.Answer(200, "[]", ("Link", link));
        await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().ListCommentsAsync(Repo, Subject.Issue(1), None));
    }

    [Fact]
    public async Task Refusal_ThatRepeatsTheToken_IsToldWithoutIt()
    {
        _github.Answer(401, """{"message":"Bad credentials: ghp_secret"}""");
        (await Should.ThrowAsync<ForgeRejectedException>(() => _github.Forge().GetSelfAsync(Repo, None))).ToString().ShouldNotContain("ghp_secret");
    }

    [Theory]
    [InlineData("99999999999999999999")]
    [InlineData("9999999999999")]
    [InlineData("soon")]
    public async Task Limit_WithAResetBeyondReason_IsStillALimitOrARefusal(string reset)
    {
        _github.Answer(429, "{}", ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset));
        (await Should.ThrowAsync<ForgeUnavailableException>(() => _github.Forge().GetSelfAsync(Repo, None))).RetryAfter.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"number\":")]
    public async Task Cancelling_WhileTheForgeAnswers_ClosesTheConnection(string sent)
    {
        using var forge = new TcpListener(IPAddress.Loopback, 0);
        forge.Start();
        using var adapter = Adapter(forge, TimeProvider.System);
        using var cancelling = new CancellationTokenSource();
        var call = adapter.GetIssueAsync(Repo, Subject.Issue(1), cancelling.Token);
        using var connection = await forge.AcceptTcpClientAsync();
        var stream = connection.GetStream();
        await ReadRequestAsync(stream);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(sent));

        await cancelling.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        (await IsClosedAsync(stream)).ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_ThatDoesNotEnd_IsGivenUpWhenTheAttemptsTimeIsOver()
    {
        using var forge = new TcpListener(IPAddress.Loopback, 0);
        forge.Start();
        // Octokit reads bodies without a token: were it left to it, this would never end.
        var time = new LimitThatStrikes();
        using var adapter = Adapter(forge, time);
        var call = adapter.GetIssueAsync(Repo, Subject.Issue(1), None);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var connection = await forge.AcceptTcpClientAsync();
            var stream = connection.GetStream();
            await ReadRequestAsync(stream);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"u8.ToArray());
            time.Strike();
            (await IsClosedAsync(stream)).ShouldBeTrue();
        }

        (await Should.ThrowAsync<ForgeUnavailableException>(() => call)).Message.ShouldBe("GET /repos/acme/shop/issues/1 got no answer in 30 s.");
    }

    [Theory]
    [InlineData("{\"subject_type\":\"file\"}", 7, null, false)]
    [InlineData("{\"line\":3}", 7, 3, false)]
    [InlineData("{\"line\":null,\"original_line\":3}", 7, null, true)]
    [InlineData("{\"line\":null,\"subject_type\":\"file\"}", 7, null, false)]
    [InlineData("{\"line\":3,\"start_line\":2,\"start_side\":\"LEFT\",\"side\":\"RIGHT\",\"body\":\"```suggestion\\nx\\n```\"}", 7, 3, false)]
    public async Task Thread_WhateverIsMissing_IsStillRead(string fields, long id, int? line, bool isOutdated)
    {
        _github.Answer(200, $"[{{\"id\":7,\"path\":\"a.txt\",\"created_at\":\"2026-11-01T00:00:00Z\",\"updated_at\":\"2026-11-01T00:00:00Z\",{fields[1..^1]}}}]")
            .Answer(200, Threads("{\"hasNextPage\":true,\"endCursor\":\"Y3Vy==\"}", "1")).Answer(200, Threads("{\"hasNextPage\":false}", "7").Replace("\"isResolved\":false", "\"isResolved\":true", StringComparison.Ordinal));
        var thread = (await _github.Forge().ListReviewThreadsAsync(Repo, 3, None)).ShouldHaveSingleItem();
        (thread.RootCommentId, thread.Line, thread.IsOutdated, thread.IsResolved).ShouldBe((id, line, isOutdated, true));
        thread.Suggestions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"login":"shop-agent[bot]","id":5,"type":"Bot"}""", "shop-agent[bot]", "shop-agent")]
    [InlineData("""{"login":"shop-agent","id":5,"type":"User"}""", "shop-agent", "shop-agent")]
    public async Task Self_OfAnApp_IsMentionedByItsSlug(string json, string login, string handle)
    {
        _github.Answer(200, json);
        var self = await _github.Forge().GetSelfAsync(Repo, None);
        (self.Login, self.Handle).ShouldBe((login, handle));
    }

    [Fact]
    public async Task Threads_WhereResolvingMayNotBeAskedFor_AreReadAllTheSame()
    {
        _github.Answer(200, """[{"id":7,"path":"a.txt","line":3}]""").Answer(200, """{"data":null,"errors":[{"type":"FORBIDDEN","message":"no"}]}""");
        (await _github.Forge().ListReviewThreadsAsync(Repo, 3, None)).ShouldHaveSingleItem().IsResolved.ShouldBeFalse();
    }

    [Fact]
    public async Task Threads_OfAPullRequestWithoutComments_CostOneCall()
    {
        _github.Answer(200, "[]");
        (await _github.Forge().ListReviewThreadsAsync(Repo, 3, None)).ShouldBeEmpty();
        _github.Asked.Count.ShouldBe(1);
    }

    private static string Threads(string pageInfo, string comment) => $$"""
        {"data":{"repository":{"pullRequest":{"reviewThreads":{"pageInfo":{{pageInfo}},"nodes":[
         {"id":"PRRT_{{comment}}","isResolved":false,"comments":{"nodes":[{"fullDatabaseId":"{{comment}}"}]} }]} } } } }
        """;

    private static GitHubForge Adapter(TcpListener forge, TimeProvider time) => new(
        new GitHubOptions { ApiUrl = new Uri($"http://{forge.LocalEndpoint}"), Retries = 1 }, new PersonalTokenSource("ghp_secret"), time, NullLogger<GitHubForge>.Instance);

    private static async Task ReadRequestAsync(NetworkStream stream)
    {
        var seen = "";
        var buffer = new byte[4096];
        while (!seen.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            seen += Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
    }

    private static async Task<bool> IsClosedAsync(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A clock whose time limits strike when the test says so, and whose pauses end at once.</summary>
    private sealed class LimitThatStrikes : TimeProvider
    {
        private static readonly TimeSpan Limit = new GitHubOptions().AttemptTimeout;
        private readonly ConcurrentQueue<ITimer> _limits = [];

        public void Strike()
        {
            while (_limits.TryDequeue(out var limit))
                limit.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Held(base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), _limits);
            timer.Change(dueTime, period);
            return timer;
        }

        private sealed class Held(ITimer timer, ConcurrentQueue<ITimer> limits) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime == Limit)
                    limits.Enqueue(timer);
                return timer.Change(dueTime > TimeSpan.Zero && dueTime != Limit ? TimeSpan.Zero : dueTime == Limit ? Timeout.InfiniteTimeSpan : dueTime, period);
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
