namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>What GitHub answers about what people did: missing, deleted, edited by all kinds of accounts.</summary>
public sealed class GitHubRecordsTests
{
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ScriptedGitHub _github = new();

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    public async Task Find_NotThereOrDeleted_IsNull(int status)
    {
        for (var i = 0; i < 4; i++)
            _github.Answer(status, """{"message":"Not Found"}""");
        var forge = _github.Forge();
        (await forge.FindCommentAsync(Repo, Subject.Issue(12), 99, false, None)).ShouldBeNull();
        (await forge.FindLineCommentAsync(Repo, 12, 99, true, None)).ShouldBeNull();
        (await forge.FindReviewAsync(Repo, 7, 99, true, None)).ShouldBeNull();
        (await forge.ListIssueEventsAsync(Repo, Subject.Issue(7), None)).ShouldBeNull();
        _github.Asked.ShouldBe([
            "GET https://api.github.com/repos/acme/shop/issues/comments/99", "GET https://api.github.com/repos/acme/shop/pulls/comments/99",
            "GET https://api.github.com/repos/acme/shop/pulls/7/reviews/99", "GET https://api.github.com/repos/acme/shop/issues/7/events?per_page=100"]);
    }

    [Fact]
    public async Task Find_NeverEdited_IsOneCall()
    {
        _github.Answer(200, Comment("12", "issues"));
        (await _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, false, None)).ShouldBe(
            new RecordedComment(99, Subject.Issue(12), new Actor("ada", 2, ActorKind.User), "b", DateTimeOffset.Parse("2026-11-22T12:00:00Z"), null));
        _github.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Find_OnAPullRequest_SaysSo()
    {
        _github.Answer(200, Comment("34", "pull"));
        (await _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, false, None))!.On.ShouldBe(Subject.Pull(34));
    }

    [Theory]
    [InlineData("""{"__typename":"User","login":"ada","databaseId":2}""", "ada", 2, ActorKind.User)]
    [InlineData("""{"__typename":"Bot","login":"robo","databaseId":9}""", "robo[bot]", 9, ActorKind.Bot)]
    [InlineData("""{"__typename":"Mannequin","login":"old"}""", "old", 0, ActorKind.Other)]
    [InlineData("null", "ghost", 0, ActorKind.Other)]
    public async Task Find_Edited_NamesWhoeverDid(string editor, string login, long id, ActorKind kind)
    {
        _github.Answer(200, Comment("12", "issues", updated: "2026-11-22T12:30:00Z"))
            .Answer(200, $$"""{"data":{"node":{"lastEditedAt":"2026-11-22T12:29:00Z","editor":{{editor}} } } }""");
        (await _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, false, None))!.Edit.ShouldBe(new TextEdit(new Actor(login, id, kind), DateTimeOffset.Parse("2026-11-22T12:29:00Z")));
        _github.Bodies[1]!.ShouldContain("\"variables\":{\"id\":\"IC_99\"}");
    }

    [Fact]
    public async Task Find_TouchedButNotEdited_HasNoEdit()
    {
        _github.Answer(200, Comment("12", "issues", updated: "2026-11-22T12:30:00Z")).Answer(200, """{"data":{"node":{"lastEditedAt":null,"editor":null}}}""");
        (await _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, false, None))!.Edit.ShouldBeNull();
    }

    /// <summary>Who cannot be told apart from somebody else must not be taken for the author.</summary>
    [Theory]
    [InlineData("""{"data":{"node":null}}""", typeof(ForgeUnavailableException))]
    [InlineData("""{"data":null,"errors":[{"type":"RATE_LIMITED","message":"wait"}]}""", typeof(ForgeUnavailableException))]
    [InlineData("""{"data":null,"errors":[{"type":"FORBIDDEN","message":"no"}]}""", typeof(ForgeRejectedException))]
    public async Task Find_EditorNotTold_FailsClosed(string answer, Type expected)
    {
        _github.Answer(200, Comment("12", "issues")).Answer(200, answer);
        await Should.ThrowAsync(() => _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, withEdit: true, None), expected);
    }

    [Theory]
    [InlineData("""{"id":99,"user":null,"body":null,"created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z"}""")]
    [InlineData("""{"id":99,"issue_url":"https://api.github.com/repos/acme/shop/issues/x","created_at":"2026-11-22T12:00:00Z","updated_at":"2026-11-22T12:00:00Z"}""")]
    public async Task Find_CommentThatStandsNowhere_IsNull(string json)
    {
        _github.Answer(200, json);
        (await _github.Forge().FindCommentAsync(Repo, Subject.Issue(12), 99, false, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Find_PendingOrDismissedReview_IsNoneAndWithoutAVerdict()
    {
        const string Review = """{"id":99,"node_id":"PRR_99","user":{"login":"ada","id":2,"type":"User"},"body":"b","state":"%","commit_id":"abc","submitted_at":"2026-11-22T12:00:00Z"}""";
        _github.Answer(200, Review.Replace("%", "PENDING", StringComparison.Ordinal)).Answer(200, Review.Replace("%", "DISMISSED", StringComparison.Ordinal));
        (await _github.Forge().FindReviewAsync(Repo, 7, 99, false, None)).ShouldBeNull();
        (await _github.Forge().FindReviewAsync(Repo, 7, 99, false, None))!.Review.State.ShouldBe(ReviewState.Commented);
    }

    [Fact]
    public async Task Events_OfKindsNobodyKnowsAndWithoutActor_AreListedInOrder()
    {
        _github.Answer(200, """
            [{"id":3,"event":"invented_yesterday","actor":null,"created_at":"2026-11-22T12:00:03Z"},
             {"id":2,"event":"unlabeled","actor":{"login":"ada","id":2,"type":"User"},"label":{"name":"a","color":"x"},"created_at":"2026-11-22T12:00:02Z"},
             {"id":1,"event":"labeled","actor":{"login":"ada","id":2,"type":"User"},"label":{"name":"a","color":"x"},"created_at":"2026-11-22T12:00:01Z"},
             {"id":4,"event":"convert_to_draft","actor":{"login":"ada","id":2,"type":"User"},"created_at":"2026-11-22T12:00:04Z"}]
            """);
        (await _github.Forge().ListIssueEventsAsync(Repo, Subject.Issue(7), None))!.Select(e => (e.Id, e.Kind, e.Actor.Login, e.Label)).ShouldBe([
            (1, IssueEventKind.Labeled, "ada", "a"), (2, IssueEventKind.Unlabeled, "ada", "a"), (3, IssueEventKind.Other, "ghost", ""), (4, IssueEventKind.ConvertedToDraft, "ada", "")]);
    }

    [Theory]
    [InlineData("null", "[]", null)]
    [InlineData("\"2026-11-22T12:00:00Z\"", "[]", 0)]
    [InlineData("null", "[{\"createdAt\":\"2026-11-22T12:00:05Z\"}]", 5)]
    [InlineData("\"2026-11-22T12:00:00Z\"", "[{\"createdAt\":\"2026-11-22T12:00:05Z\"}]", 5)]
    [InlineData("\"2026-11-22T12:00:09Z\"", "[{\"createdAt\":\"2026-11-22T12:00:05Z\"}]", 9)]
    public async Task IssueEdit_BodyAndTitle_IsTheLater(string body, string renamings, int? seconds)
    {
        _github.Answer(200, $$"""{"data":{"repository":{"issue":{"lastEditedAt":{{body}},"timelineItems":{"nodes":{{renamings}} } } } } }""");
        (await _github.Forge().FindIssueEditAsync(Repo, 12, None)).ShouldBe(seconds is { } s ? DateTimeOffset.Parse("2026-11-22T12:00:00Z").AddSeconds(s) : (DateTimeOffset?)null);
        _github.Bodies[0]!.ShouldContain("\"variables\":{\"owner\":\"acme\",\"name\":\"shop\",\"number\":12}");
    }

    [Theory]
    [InlineData("""{"data":{"repository":{"issue":null} } }""", typeof(ForgeUnavailableException))]
    [InlineData("""{"data":null,"errors":[{"type":"NOT_FOUND","message":"no"}]}""", typeof(ForgeRejectedException))]
    public async Task IssueEdit_NotTold_FailsClosed(string answer, Type expected)
    {
        _github.Answer(200, answer);
        await Should.ThrowAsync(() => _github.Forge().FindIssueEditAsync(Repo, 12, None), expected);
    }

    private static string Comment(string number, string page, string updated = "2026-11-22T12:00:00Z") => $$"""
        {"id":99,"node_id":"IC_99","user":{"login":"ada","id":2,"type":"User"},"body":"b","created_at":"2026-11-22T12:00:00Z","updated_at":"{{updated}}",
         "issue_url":"https://api.github.com/repos/acme/shop/issues/{{number}}","html_url":"https://github.com/acme/shop/{{page}}/{{number}}#issuecomment-99"}
        """;
}
