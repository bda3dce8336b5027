
namespace CodingAgent.Forges.Tests.Contract;

/// <summary>
/// What every forge behind <see cref="IForge"/> must do. The bot under test is <c>bot</c> with write access to <c>acme/shop</c>;
/// <c>ada</c> maintains it, <c>eve</c> may only read. A forge's suite says how people act on it.
/// </summary>
public abstract class ForgeContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    /// <summary><c>acme/shop</c> on the forge.</summary>
    protected abstract RepoRef Repo { get; }

    /// <summary>Whether a review has a text of its own and a number that its remarks name; a forge without has reviewers' verdicts alone.</summary>
    protected virtual bool HasReviews => true;

    /// <summary>Whether a remark that moved with its line says where it was at first.</summary>
    protected virtual bool RemembersLines => true;

    /// <summary>Whether comments can be hidden from readers.</summary>
    protected virtual bool HidesComments => true;

    protected abstract IForge Forge { get; }

    /// <summary>The login that the service shows as.</summary>
    protected virtual string Self => "bot";

    /// <summary>Opens an issue; its number.</summary>
    protected abstract Task<int> OpenIssueAsync(string login, string title, string body, params string[] labels);

    protected abstract Task<long> CommentAsync(string login, Subject on, string body);

    protected abstract Task EditCommentAsync(string login, Subject on, long id, string body);

    protected abstract Task EditLineCommentAsync(string login, int number, long id, string body);

    protected abstract Task EditReviewAsync(string login, int number, long id, string body);

    protected abstract Task DeleteCommentAsync(string login, Subject on, long id);

    protected abstract Task LabelAsync(string login, int number, string label, bool isOn);

    protected abstract Task<IReadOnlyList<string>> ReviewersAsync(int number);

    /// <summary>Makes these accounts the assignees, and no others.</summary>
    protected abstract Task AssignAsync(string login, int number, params string[] assignees);

    protected abstract Task<int> OpenAssignedIssueAsync(string login, string title, string assignee);

    protected abstract Task CloseAsync(string login, int number);

    protected abstract Task EditIssueAsync(string login, int number, string? title, string? body);

    protected abstract Task ConvertToDraftAsync(string login, int number);

    /// <summary>Commits files on a branch (made from the default branch when new) and pushes; the new head.</summary>
    protected abstract Task<string> PushAsync(string login, string branch, params (string Path, string Text)[] files);

    /// <summary>Submits a review asking for changes, with a line comment; the ids of both.</summary>
    protected abstract Task<(long Review, long Comment)> RequestChangesAsync(string login, int number, string body, string path, int line, string remark);

    /// <summary>Comments on lines of a pull request; its id.</summary>
    protected abstract Task<long> CommentOnLinesAsync(string login, int number, string path, int? startLine, int line, DiffSide side, string body);

    protected abstract Task ReplyAsync(string login, int number, long commentId, string body);

    /// <summary>Reports a CI result as an app (<paramref name="login"/> ending in <c>[bot]</c>) or as a person's commit status.</summary>
    protected abstract Task ReportAsync(string login, string sha, string name, CiState state, string summary);

    protected abstract Task<int> OpenForkPullAsync(string login, string branch);

    protected abstract Task<bool> IsResolvedAsync(int number, long rootCommentId);

    protected abstract Task ProtectAsync(string branch, bool mustBeFollowed = false);

    protected abstract Task MergeAsync(string login, int number);

    /// <summary>What the forge's refusal of a pull request without a branch names.</summary>
    protected abstract string NoBranch { get; }

    /// <summary>Reactions of the bot on the issue, or on the comment.</summary>
    protected abstract Task<IReadOnlyList<string>> ReactionsAsync(int number, long? commentId);

    [Fact]
    public async Task Self_Asked_IsTheBot() => (await Forge.GetSelfAsync(Repo, None)).Login.ShouldBe(Self);

    [Fact]
    public async Task Repository_Known_HasDefaultBranchAndCloneUrl()
    {
        var repository = await Forge.GetRepositoryAsync(Repo, None);
        repository.Ref.ShouldBe(Repo);
        repository.DefaultBranch.ShouldBe("main");
        repository.CloneUrl.AbsolutePath.ShouldBe("/acme/shop.git");
        repository.CloneUrl.UserInfo.ShouldBeEmpty();
        repository.IsArchived.ShouldBeFalse();
        repository.Visibility.ShouldNotBeNull();
    }

    [Fact]
    public async Task Repository_Unknown_IsRejected()
    {
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => Forge.GetRepositoryAsync(Repo with { Name = "none" }, None));
        error.Status.ShouldBe(System.Net.HttpStatusCode.NotFound);
        error.Message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("acme", AccessLevel.Admin)]
    [InlineData("ada", AccessLevel.Maintain)]
    [InlineData("bot", AccessLevel.Write)]
    [InlineData("tri", AccessLevel.Triage)]
    [InlineData("eve", AccessLevel.Read)]
    [InlineData("nobody", AccessLevel.None)]
    [InlineData("../../user", AccessLevel.None)]
    [InlineData("..", AccessLevel.None)]
    [InlineData("", AccessLevel.None)]
    public async Task Access_OfAccount_IsTheRealOne(string login, AccessLevel level) => (await Forge.GetAccessAsync(Repo, login, None)).ShouldBe(level);

    [Fact]
    public async Task File_PresentAndAbsent_IsReadOrNull()
    {
        var file = await Forge.GetFileAsync(Repo, "src/größe.txt", "main", None);
        file!.Text.ShouldBe("fünf\n");
        file.BlobSha.Length.ShouldBe(40);
        (await Forge.GetFileAsync(Repo, "src/none.txt", "main", None)).ShouldBeNull();
        (await Forge.GetFileAsync(Repo, "src", "main", None)).ShouldBeNull();
        (await Forge.GetFileAsync(Repo, "README.md", "no-such-branch", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Files_OfAFolder_AreListed()
    {
        var sha = await PushAsync("ada", "topic/files", (".github/a b.yml", "a"), (".github/Größe.yml", "a"), (".github/workflows/ci.yml", "a"));
        (await Forge.ListFilesAsync(Repo, ".github", sha, None)).ShouldBe([".github/a b.yml", ".github/Größe.yml"], ignoreOrder: true);
        (await Forge.ListFilesAsync(Repo, "", "topic/files", None)).ShouldContain("README.md");
        (await Forge.ListFilesAsync(Repo, "", "topic/files", None)).ShouldNotContain(".github");
        (await Forge.ListFilesAsync(Repo, ".gitlab", sha, None)).ShouldBeEmpty();
        (await Forge.ListFilesAsync(Repo, "README.md", sha, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task BranchHead_WithSlashes_IsFoundOrNull()
    {
        var sha = await PushAsync("ada", "topic/with/slashes", ("a.txt", "a"));
        (await Forge.GetBranchHeadAsync(Repo, "topic/with/slashes", None)).ShouldBe(sha);
        (await Forge.GetBranchHeadAsync(Repo, "topic/with", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Branch_Protected_IsTold()
    {
        await PushAsync("ada", "release/1.0", ("a.txt", "a"));
        (await Forge.IsProtectedAsync(Repo, "release/1.0", None)).ShouldBeFalse();
        await ProtectAsync("release/1.0");
        (await Forge.IsProtectedAsync(Repo, "release/1.0", None)).ShouldBeTrue();
        (await Forge.IsProtectedAsync(Repo, "release/2.0", None)).ShouldBeFalse();
    }

    [Fact]
    public async Task Issue_Opened_IsReadWithLabels()
    {
        var number = await OpenIssueAsync("ada", "Retries", "Add them", "agent:implement");
        var issue = await Forge.GetIssueAsync(Repo, Subject.Issue(number), None);
        (issue.Title, issue.Body, issue.Author.Login, issue.IsOpen, issue.IsPullRequest).ShouldBe(("Retries", "Add them", "ada", true, false));
        issue.Labels.ShouldBe(["agent:implement"]);
        issue.WebUrl.AbsolutePath.ShouldStartWith("/acme/shop/");
        issue.WebUrl.AbsolutePath.ShouldEndWith($"/issues/{number}");
    }

    [Fact]
    public async Task Labels_AddedAndRemovedTwice_EndAsAsked()
    {
        var number = await OpenIssueAsync("ada", "Labels", "", "agent:implement");
        for (var i = 0; i < 2; i++)
        {
            await Forge.AddLabelAsync(Repo, Subject.Issue(number), "agent:working", None);
            await Forge.RemoveLabelAsync(Repo, Subject.Issue(number), "agent:implement", None);
        }

        (await Forge.GetIssueAsync(Repo, Subject.Issue(number), None)).Labels.ShouldBe(["agent:working"]);
    }

    [Fact]
    public async Task Comment_EnsuredAgain_IsEditedInPlace()
    {
        var number = await OpenIssueAsync("ada", "Status", "");
        var first = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "status:1", "Planning", None);
        var same = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "status:1", "Planning", None);
        var second = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "status:1", "Editing", None);
        await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "plan:1", "The plan", None);
        (same.Id, second.Id).ShouldBe((first.Id, first.Id));
        var comments = await Forge.ListCommentsAsync(Repo, Subject.Issue(number), None);
        comments.Count.ShouldBe(2);
        comments[0].Body.ShouldStartWith("Editing");
    }

    [Fact]
    public async Task Comment_MarkerOfAnotherAuthor_DoesNotCount()
    {
        var number = await OpenIssueAsync("ada", "Forged", "");
        await CommentAsync("eve", Subject.Issue(number), "Mine now\n\n<!-- coding-agent:status:2 -->");
        var comment = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "status:2", "Planning", None);
        comment.Author.Login.ShouldBe(Self);
        (await Forge.ListCommentsAsync(Repo, Subject.Issue(number), None))[0].Body.ShouldStartWith("Mine now");
    }

    [Fact]
    public async Task Comment_MarkerQuotedInsideTheBotsOwnText_DoesNotCount()
    {
        var number = await OpenIssueAsync("ada", "Quoted", "");
        await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "plan:3", "You said:\n\n<!-- coding-agent:status:3 -->", None);
        await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "status:3", "Planning", None);
        (await Forge.ListCommentsAsync(Repo, Subject.Issue(number), None)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Comment_BeyondTheForgesLimit_IsCutAndStillFound()
    {
        var number = await OpenIssueAsync("ada", "Long", "");
        var text = string.Concat(Enumerable.Repeat("🙂 words ", 10_000));
        var first = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "long", text, None);
        var second = await Forge.EnsureCommentAsync(Repo, Subject.Issue(number), "long", text, None);
        second.Id.ShouldBe(first.Id);
    }

    [Fact]
    public async Task Comments_MoreThanAPage_AreAllRead()
    {
        var number = await OpenIssueAsync("ada", "Many", "");
        for (var i = 0; i < 101; i++)
            await CommentAsync("eve", Subject.Issue(number), $"c{i}");
        (await Forge.ListCommentsAsync(Repo, Subject.Issue(number), None)).Select(c => c.Body).ShouldBe(Enumerable.Range(0, 101).Select(i => $"c{i}"));
    }

    [Fact]
    public async Task Reaction_GivenTwice_IsOne()
    {
        var number = await OpenIssueAsync("ada", "React", "");
        var comment = await CommentAsync("ada", Subject.Issue(number), "/agent implement");
        for (var i = 0; i < 2; i++)
        {
            await Forge.AddReactionAsync(Repo, Subject.Issue(number), null, Reaction.Eyes, None);
            await Forge.AddReactionAsync(Repo, Subject.Issue(number), comment, Reaction.ThumbsDown, None);
        }

        (await ReactionsAsync(number, null)).ShouldBe(["eyes"]);
        (await ReactionsAsync(number, comment)).ShouldBe(["-1"]);
    }

    [Fact]
    public async Task DraftPull_EnsuredTwice_IsOneAndBecomesReady()
    {
        var sha = await PushAsync("bot", "agent/one", ("src/pay.txt", "one\n2\nthree\n"));
        (await Forge.FindPullByBranchAsync(Repo, "agent/one", None)).ShouldBeNull();
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/one", "main", "Title", "Body"), None);
        var again = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/one", "main", "Other", "Other"), None);
        again.Number.ShouldBe(pull.Number);
        (pull.IsDraft, pull.IsOpen, pull.IsMerged, pull.BaseBranch, pull.Head.Branch, pull.Head.Sha, pull.Head.Repo)
            .ShouldBe((true, true, false, "main", "agent/one", sha, Repo));
        await Forge.MarkReadyAsync(Repo, pull.Number, None);
        await Forge.MarkReadyAsync(Repo, pull.Number, None);
        await Forge.UpdatePullAsync(Repo, pull.Number, "New title", "New body", None);
        var after = await Forge.GetPullAsync(Repo, pull.Number, None);
        (after.IsDraft, after.Title, after.Body).ShouldBe((false, "New title", "New body"));
        (await Forge.GetIssueAsync(Repo, Subject.Pull(pull.Number), None)).IsPullRequest.ShouldBeTrue();
        await MergeAsync("ada", pull.Number);
        (await Forge.GetPullAsync(Repo, pull.Number, None)).IsMerged.ShouldBeTrue();
        (await Forge.FindPullByBranchAsync(Repo, "agent/one", None)).ShouldBeNull();
    }

    [Fact]
    public async Task PullAndIssue_ClosedTwice_AreClosedAndTheBranchStays()
    {
        var sha = await PushAsync("bot", "agent/closed", ("src/closed.txt", "1\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/closed", "main", "T", "B"), None);
        var issue = await OpenIssueAsync("ada", "To close", "Please.");
        for (var i = 0; i < 2; i++)
        {
            await Forge.ClosePullAsync(Repo, pull.Number, None);
            await Forge.CloseIssueAsync(Repo, issue, None);
        }

        (await Forge.GetPullAsync(Repo, pull.Number, None)).ShouldSatisfyAllConditions(p => p.IsOpen.ShouldBeFalse(), p => p.IsMerged.ShouldBeFalse(), p => p.Title.ShouldBe("T"));
        (await Forge.GetIssueAsync(Repo, Subject.Issue(issue), None)).IsOpen.ShouldBeFalse();
        (await Forge.GetBranchHeadAsync(Repo, "agent/closed", None)).ShouldBe(sha);
    }

    [Fact]
    public async Task Pull_BehindABaseThatMustBeFollowed_IsToldOnceItIsReady()
    {
        await PushAsync("ada", "strict", ("s.txt", "1\n"));
        await ProtectAsync("strict", mustBeFollowed: true);
        await PushAsync("bot", "agent/behind", ("src/behind.txt", "1\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/behind", "strict", "T", "B"), None);
        await Forge.MarkReadyAsync(Repo, pull.Number, None);
        (await Forge.GetPullAsync(Repo, pull.Number, None)).MustFollowBase.ShouldBeTrue();
        await PushAsync("bot", "agent/free", ("src/free.txt", "1\n"));
        var free = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/free", "main", "T", "B"), None);
        await Forge.MarkReadyAsync(Repo, free.Number, None);
        (await Forge.GetPullAsync(Repo, free.Number, None)).MustFollowBase.ShouldBeFalse();
    }

    [Fact]
    public async Task DraftPull_WithoutBranch_IsRejectedWithTheForgesReason()
    {
        var error = await Should.ThrowAsync<ForgeRejectedException>(() =>
            Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("never-pushed", "main", "T", "B"), None));
        error.Message.ShouldContain(NoBranch);
    }

    [Fact]
    public async Task ForkPull_WithOurBranchName_IsNotOurs()
    {
        var number = await OpenForkPullAsync("eve", "agent/two");
        var pull = await Forge.GetPullAsync(Repo, number, None);
        pull.Head.Repo.ShouldBe(Repo with { Owner = "eve" });
        (await Forge.FindPullByBranchAsync(Repo, "agent/two", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Review_WithThread_IsReadAndAnsweredOnce()
    {
        var sha = await PushAsync("bot", "agent/three", ("src/pay.txt", "one\nzwei\nthree\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/three", "main", "T", "B"), None);
        var (reviewId, commentId) = await RequestChangesAsync("ada", pull.Number, "Please", "src/pay.txt", 2, "In English");
        await ReplyAsync("ada", pull.Number, commentId, "or French");
        var review = await Forge.GetReviewAsync(Repo, pull.Number, reviewId, None);
        (review.State, review.Body, review.CommitSha, review.Author.Login).ShouldBe((ReviewState.ChangesRequested, HasReviews ? "Please" : "", sha, "ada"));
        (await Forge.ListReviewsAsync(Repo, pull.Number, review.SubmittedAt, None)).ShouldContain(review);
        (await Forge.ListReviewsAsync(Repo, pull.Number, review.SubmittedAt.AddMinutes(1), None)).ShouldBeEmpty();

        for (var i = 0; i < 2; i++)
            await Forge.EnsureThreadReplyAsync(Repo, pull.Number, commentId, "answer:1", "Fixed", None);
        await Forge.EnsureThreadReplyAsync(Repo, pull.Number, commentId, "answer:1", "Fixed at abc", None);
        var thread = (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ShouldHaveSingleItem();
        (thread.RootCommentId, thread.ReviewId, thread.Path, thread.Line).ShouldBe((commentId, HasReviews ? reviewId : null, "src/pay.txt", 2));
        thread.DiffHunk.ShouldEndWith("+zwei");
        thread.Comments.Select(c => c.Body.Split('\n')[0]).ShouldBe(["In English", "or French", "Fixed at abc"]);

        (await IsResolvedAsync(pull.Number, commentId)).ShouldBeFalse();
        for (var i = 0; i < 2; i++)
            await Forge.ResolveThreadAsync(Repo, pull.Number, commentId, None);
        (await IsResolvedAsync(pull.Number, commentId)).ShouldBeTrue();
        // A thread that is not there is nobody's trouble.
        await Forge.ResolveThreadAsync(Repo, pull.Number, 4_000_000_000_000, None);
    }

    [Fact]
    public async Task Thread_OnLines_CarriesRangeSideAndWhatBecameOfThem()
    {
        await PushAsync("bot", "agent/lines", ("src/pay.txt", "one\n2\n3\n4\n5\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/lines", "main", "T", "B"), None);
        var range = await CommentOnLinesAsync("ada", pull.Number, "src/pay.txt", 2, 4, DiffSide.New, "All of this");
        var old = await CommentOnLinesAsync("ada", pull.Number, "src/pay.txt", null, 3, DiffSide.Old, "Why did it go?");
        var kept = await CommentOnLinesAsync("ada", pull.Number, "src/pay.txt", null, 5, DiffSide.New, "Fine");

        var threads = (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ToDictionary(t => t.RootCommentId);
        (threads[range].StartLine, threads[range].Line, threads[range].Side, threads[range].IsOutdated, threads[range].IsResolved).ShouldBe((2, 4, DiffSide.New, false, false));
        (threads[range].OriginalStartLine, threads[range].OriginalLine).ShouldBe((2, 4));
        threads[range].DiffHunk.ShouldEndWith("+4");
        (threads[old].StartLine, threads[old].Line, threads[old].Side, threads[old].IsOutdated).ShouldBe((null, 3, DiffSide.Old, false));

        await Forge.ResolveThreadAsync(Repo, pull.Number, old, None);
        await PushAsync("bot", "agent/lines", ("src/pay.txt", "zero\none\n2\ndrei\nvier\n5\n"));
        threads = (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ToDictionary(t => t.RootCommentId);
        (threads[range].StartLine, threads[range].Line, threads[range].OriginalStartLine, threads[range].OriginalLine, threads[range].IsOutdated).ShouldBe((null, null, 2, 4, true));
        (threads[kept].Line, threads[kept].OriginalLine, threads[kept].IsOutdated, threads[kept].IsResolved).ShouldBe((6, RemembersLines ? 5 : 6, false, false));
        threads[old].IsResolved.ShouldBeTrue();
    }

    [Fact]
    public async Task Thread_WithSuggestions_CarriesThemAsExactReplacements()
    {
        await PushAsync("bot", "agent/suggest", ("src/pay.txt", "one\n2\n3\n4\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/suggest", "main", "T", "B"), None);
        var id = await CommentOnLinesAsync("ada", pull.Number, "src/pay.txt", 2, 3, DiffSide.New, Suggesting("two\n\n  three"));
        await ReplyAsync("eve", pull.Number, id, Suggesting(null));
        await ReplyAsync("ada", pull.Number, id, "no replacement:\n\n```\ncode\n```\n");
        var thread = (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ShouldHaveSingleItem();
        thread.Suggestions.ShouldBe([new Suggestion(id, 2, 3, "two\n\n  three"), new Suggestion(thread.Comments[1].Id, 2, 3, null)]);

        var gone = await CommentOnLinesAsync("ada", pull.Number, "src/pay.txt", null, 2, DiffSide.Old, Suggesting("two"));
        (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).Single(t => t.RootCommentId == gone).Suggestions.ShouldBeEmpty("nothing can be put where nothing is left");
        await PushAsync("bot", "agent/suggest", ("src/pay.txt", "one\nzwei\ndrei\n4\n"));
        (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ShouldAllBe(t => t.Suggestions.Count == 0);
    }

    [Fact]
    public async Task Comment_HiddenByAMaintainer_IsTold()
    {
        var number = await OpenIssueAsync("ada", "Hidden", "");
        var (kept, hidden) = (await CommentAsync("ada", Subject.Issue(number), "Decision."), await CommentAsync("eve", Subject.Issue(number), "Spam."));
        (await Forge.ListHiddenCommentsAsync(Repo, Subject.Issue(number), None)).ShouldBeEmpty();
        if (!HidesComments)
            return;
        await HideAsync("ada", hidden, isLineComment: false);
        (await Forge.ListHiddenCommentsAsync(Repo, Subject.Issue(number), None)).ShouldBe([hidden]);
        (await Forge.ListCommentsAsync(Repo, Subject.Issue(number), None)).Select(c => c.Id).ShouldBe([kept, hidden]);

        await PushAsync("bot", "agent/hidden", ("hidden.txt", "one\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/hidden", "main", "T", "B"), None);
        (await Forge.ListHiddenCommentsAsync(Repo, Subject.Pull(pull.Number), None)).ShouldBeEmpty();
        var root = await CommentOnLinesAsync("ada", pull.Number, "hidden.txt", null, 1, DiffSide.New, "Hm");
        await ReplyAsync("eve", pull.Number, root, "Spam.");
        var reply = (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ShouldHaveSingleItem().Comments[1].Id;
        await HideAsync("ada", reply, isLineComment: true);
        (await Forge.ListReviewThreadsAsync(Repo, pull.Number, None)).ShouldHaveSingleItem().Hidden.ShouldBe([reply]);
    }

    protected abstract Task HideAsync(string login, long commentId, bool isLineComment);

    /// <summary>A comment in the forge's own notation for a replacement; null removes the lines.</summary>
    protected abstract string Suggesting(string? text);

    [Fact]
    public async Task Ci_RunsAndStatuses_AreTheNewestPerNameAndOursIsKnown()
    {
        var sha = await PushAsync("ada", "ci", ("ci.txt", "1"));
        await ReportAsync("robo[bot]", sha, "build", CiState.Failed, "first try");
        await ReportAsync("robo[bot]", sha, "build", CiState.Passed, "second try");
        await ReportAsync("robo[bot]", sha, "slow", CiState.Pending, "");
        await ReportAsync("ada", sha, "lint", CiState.Passed, "fine");
        await ReportAsync("ada", sha, "lint", CiState.Failed, "tabs");
        await ReportAsync("ada", sha, "coding-agent/forged", CiState.Passed, "trust me");
        await Forge.EnsureCheckAsync(Repo, new EvidenceCheck("coding-agent/evidence", sha, CiState.Pending, "Running", ""), None);
        await Forge.EnsureCheckAsync(Repo, new EvidenceCheck("coding-agent/evidence", sha, CiState.Passed, "All gates passed " + new string('x', 200), "Long"), None);
        var ci = await Forge.GetCiAsync(Repo, sha, None);
        ci.Select(c => (c.Name, c.State, c.IsOurs)).ShouldBe([
            ("build", CiState.Passed, false),
            ("coding-agent/evidence", CiState.Passed, true),
            ("coding-agent/forged", CiState.Passed, false),
            ("lint", CiState.Failed, false),
            ("slow", CiState.Pending, false),
        ]);
        ci.Single(c => c.Name == "build").Summary.ShouldContain("second try");
        ci.Single(c => c.Name == "lint").Summary.ShouldBe("tabs");
    }

    [Fact]
    public async Task Record_OfAComment_IsItsAuthorsAndSaysWhoEditedIt()
    {
        var number = await OpenIssueAsync("ada", "Recorded", "");
        var id = await CommentAsync("ada", Subject.Issue(number), "hm");
        var fresh = await Forge.FindCommentAsync(Repo, Subject.Issue(number), id, withEdit: true, None);
        (fresh!.Id, fresh.On, fresh.Author.Login, fresh.Body, fresh.Edit).ShouldBe((id, Subject.Issue(number), "ada", "hm", null));

        await EditCommentAsync("ada", Subject.Issue(number), id, "/agent implement");
        var own = await Forge.FindCommentAsync(Repo, Subject.Issue(number), id, withEdit: true, None);
        (own!.Body, own.Edit!.By.Login, own.Edit.By.Id).ShouldBe(("/agent implement", "ada", own.Author.Id));
        own.Edit.At.ShouldBeGreaterThanOrEqualTo(own.CreatedAt);
        await EditCommentAsync("acme", Subject.Issue(number), id, "/agent stop");
        (await Forge.FindCommentAsync(Repo, Subject.Issue(number), id, withEdit: true, None))!.Edit!.By.Login.ShouldBe("acme");

        await DeleteCommentAsync("ada", Subject.Issue(number), id);
        (await Forge.FindCommentAsync(Repo, Subject.Issue(number), id, withEdit: true, None)).ShouldBeNull();
        (await Forge.FindCommentAsync(Repo, Subject.Issue(number), 4_000_000_000_000, withEdit: false, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Record_OfAReviewAndItsLine_IsTheirAuthorsAndSaysWhoEditedThem()
    {
        var sha = await PushAsync("bot", "agent/recorded", ("src/pay.txt", "one\nrecorded\nthree\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/recorded", "main", "T", "B"), None);
        var (reviewId, commentId) = await RequestChangesAsync("ada", pull.Number, "Please", "src/pay.txt", 2, "Why");
        var review = await Forge.FindReviewAsync(Repo, pull.Number, reviewId, withEdit: true, None);
        (review!.Review.Author.Login, review.Review.State, review.Review.CommitSha, review.Edit).ShouldBe(("ada", ReviewState.ChangesRequested, sha, null));
        var line = await Forge.FindLineCommentAsync(Repo, pull.Number, commentId, withEdit: true, None);
        (line!.On, line.Author.Login, line.Body, line.Edit).ShouldBe((Subject.Pull(pull.Number), "ada", "Why", null));

        if (HasReviews)
            await EditReviewAsync("ada", pull.Number, reviewId, "/agent fix");
        await EditLineCommentAsync("acme", pull.Number, commentId, "/agent stop");
        (await Forge.FindReviewAsync(Repo, pull.Number, reviewId, withEdit: true, None))!.Edit?.By.Login.ShouldBe(HasReviews ? "ada" : null);
        (await Forge.FindLineCommentAsync(Repo, pull.Number, commentId, withEdit: true, None))!.Edit!.By.Login.ShouldBe("acme");

        // Ids of one kind are none of another, and a review belongs to its pull request.
        (await Forge.FindCommentAsync(Repo, Subject.Pull(pull.Number), commentId, withEdit: false, None)).ShouldBeNull();
        (await Forge.FindReviewAsync(Repo, pull.Number, commentId, withEdit: false, None)).ShouldBeNull();
        // Where both are counted apart, an issue may have the pull request's number.
        var issue = await OpenIssueAsync("ada", "Other", "");
        if (issue == pull.Number)
            issue = await OpenIssueAsync("ada", "Another", "");
        (await Forge.FindReviewAsync(Repo, issue, reviewId, withEdit: false, None)).ShouldBeNull();
        var onPull = await CommentAsync("ada", Subject.Pull(pull.Number), "conversation");
        (await Forge.FindCommentAsync(Repo, Subject.Pull(pull.Number), onPull, withEdit: false, None))!.On.ShouldBe(Subject.Pull(pull.Number));
    }

    [Fact]
    public async Task Record_OfLabelsAndStates_SaysWhoDidWhatInOrder()
    {
        var number = await OpenIssueAsync("ada", "Labelled", "", "agent:implement");
        await LabelAsync("tri", number, "agent:implement", isOn: false);
        await LabelAsync("acme", number, "agent:implement", isOn: true);
        await CloseAsync("tri", number);
        var events = (await Forge.ListIssueEventsAsync(Repo, Subject.Issue(number), None))!.Where(e => e.Kind != IssueEventKind.Other).ToList();
        events.Select(e => (e.Kind, e.Actor.Login, e.Label)).ShouldBe([
            (IssueEventKind.Labeled, "ada", "agent:implement"), (IssueEventKind.Unlabeled, "tri", "agent:implement"), (IssueEventKind.Labeled, "acme", "agent:implement")]);
        events.Select(e => e.Id).ShouldBeUnique();
        var closed = await Forge.GetIssueAsync(Repo, Subject.Issue(number), None);
        (closed.IsOpen, closed.ClosedBy?.Login, closed.IsMerged).ShouldBe((false, "tri", false));
        (await Forge.ListIssueEventsAsync(Repo, Subject.Issue(99_999), None)).ShouldBeNull();
    }

    [Fact]
    public async Task Record_OfAnAssignment_SaysWhoDidItAndNotWhoWasAssigned()
    {
        var tri = new Actor("tri", 0, ActorKind.User);
        var number = await OpenIssueAsync("ada", "Assigned", "");
        (await Forge.FindAssignmentAsync(Repo, number, tri, None)).ShouldBeNull();
        await AssignAsync("acme", number, "ada", "tri");
        var on = await Forge.FindAssignmentAsync(Repo, number, tri, None);
        (on!.Kind, on.Actor.Login).ShouldBe((IssueEventKind.Assigned, "acme"));
        (await Forge.GetIssueAsync(Repo, Subject.Issue(number), None)).Assignees.Select(a => a.Login).Order().ShouldBe(["ada", "tri"]);
        await AssignAsync("ada", number, "ada");
        var off = await Forge.FindAssignmentAsync(Repo, number, tri, None);
        (off!.Kind, off.Actor.Login).ShouldBe((IssueEventKind.Unassigned, "ada"));
        (await Forge.FindAssignmentAsync(Repo, number, new Actor("ada", 0, ActorKind.User), None))!.Kind.ShouldBe(IssueEventKind.Assigned);
        await AssignAsync("ada", number, "ada", "tri");
        var again = await Forge.FindAssignmentAsync(Repo, number, tri, None);
        (again!.Kind, again.Id == on.Id).ShouldBe((IssueEventKind.Assigned, false));
        (await Forge.FindAssignmentAsync(Repo, 99_999, tri, None)).ShouldBeNull();

        // A form, or a quick action, assigns when the issue is opened.
        var born = await OpenAssignedIssueAsync("ada", "Born so", "tri");
        var first = await Forge.FindAssignmentAsync(Repo, born, tri, None);
        (first!.Kind, first.Actor.Login).ShouldBe((IssueEventKind.Assigned, "ada"));
    }

    [Theory]
    [InlineData("New title", null)]
    [InlineData(null, "New body")]
    [InlineData("New title", "New body")]
    public async Task Record_OfAnIssuesText_SaysWhenItChanged(string? title, string? body)
    {
        var number = await OpenIssueAsync("ada", "Text", "as it was", "agent:implement");
        await CommentAsync("ada", Subject.Issue(number), "no change of the text");
        (await Forge.FindIssueEditAsync(Repo, number, None)).ShouldBeNull();
        await EditIssueAsync("ada", number, title, body);
        (await Forge.FindIssueEditAsync(Repo, number, None)).ShouldBe((await Forge.GetIssueAsync(Repo, Subject.Issue(number), None)).UpdatedAt);
        await Should.ThrowAsync<ForgeRejectedException>(() => Forge.FindIssueEditAsync(Repo, 99_999, None));
    }

    [Fact]
    public async Task Record_OfDraftStateAndMerge_SaysWho()
    {
        await PushAsync("bot", "agent/drafted", ("drafted.txt", "x"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/drafted", "main", "T", "B"), None);
        await Forge.MarkReadyAsync(Repo, pull.Number, None);
        await ConvertToDraftAsync("ada", pull.Number);
        (await Forge.ListIssueEventsAsync(Repo, Subject.Pull(pull.Number), None))!.Where(e => e.Kind != IssueEventKind.Other).Select(e => (e.Kind, e.Actor.Login)).ShouldBe([
            (IssueEventKind.ReadyForReview, Self), (IssueEventKind.ConvertedToDraft, "ada")]);
        await Forge.MarkReadyAsync(Repo, pull.Number, None);
        await MergeAsync("ada", pull.Number);
        var merged = await Forge.GetIssueAsync(Repo, Subject.Pull(pull.Number), None);
        (merged.IsOpen, merged.IsPullRequest, merged.IsMerged, merged.ClosedBy?.Login).ShouldBe((false, true, true, "ada"));
    }

    [Fact]
    public async Task Changes_OfAPull_AreItsFilesWithTheirPatches()
    {
        await PushAsync("bot", "agent/changes", ("new dir/ü.txt", "one\ntwo\n"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/changes", "main", "T", "B"), None);
        var file = (await Forge.ListChangesAsync(Repo, pull.Number, None)).ShouldHaveSingleItem();
        file.ShouldBe(new PullRequestFile("new dir/ü.txt", FileChange.Added, "@@ -0,0 +1,2 @@\n+one\n+two"));
        await Should.ThrowAsync<ForgeRejectedException>(() => Forge.ListChangesAsync(Repo, 4711, None));
    }

    [Fact]
    public async Task Review_AskedFor_IsAskedOnceAndOfPeopleOfTheRepositoryAlone()
    {
        await PushAsync("bot", "agent/reviewed", ("reviewed.txt", "x"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/reviewed", "main", "T", "B"), None);
        await Forge.RequestReviewAsync(Repo, pull.Number, "ada", None);
        await Forge.RequestReviewAsync(Repo, pull.Number, "ada", None);
        (await ReviewersAsync(pull.Number)).ShouldBe(["ada"]);
        await Should.ThrowAsync<ForgeRejectedException>(() => Forge.RequestReviewAsync(Repo, pull.Number, "nobody-of-that-name", None));
        (await ReviewersAsync(pull.Number)).ShouldBe(["ada"]);
    }

    [Fact]
    public async Task Changed_SinceSomeTime_AreIssuesAndPullsTheLongestUnchangedFirst()
    {
        var open = await OpenIssueAsync("ada", "Stays open", "");
        var since = (await Forge.GetIssueAsync(Repo, Subject.Issue(open), None)).UpdatedAt;
        var closed = await OpenIssueAsync("ada", "Is closed", "");
        await CloseAsync("ada", closed);
        await PushAsync("bot", "agent/changed", ("changed.txt", "x"));
        var pull = await Forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/changed", "main", "T", "B"), None);
        await CommentAsync("ada", Subject.Issue(open), "once more");

        var changed = await Forge.ListChangedAsync(Repo, since, None);
        changed.Until.ShouldBeNull();
        foreach (var on in (Subject[])[Subject.Issue(closed), Subject.Pull(pull.Number), Subject.Issue(open)])
            changed.Subjects.ShouldContain(on);
        var times = await Task.WhenAll(changed.Subjects.Select(async on => (await Forge.GetIssueAsync(Repo, on, None)).UpdatedAt));
        times.ShouldBeInOrder();
        (await Forge.ListChangedAsync(Repo, since.AddHours(1), None)).Subjects.ShouldBeEmpty();
    }

    [Fact]
    public async Task Changed_MoreThanAPage_AreToldInPassesThatComeFurther()
    {
        var made = new List<Subject>();
        for (var i = 0; i < 130; i++)
            made.Add(Subject.Issue(await OpenIssueAsync("ada", $"One of many, {i}", "")));
        var from = (await Forge.GetIssueAsync(Repo, made[0], None)).UpdatedAt;
        var seen = new HashSet<Subject>();
        for (var pass = 1; ; pass++)
        {
            pass.ShouldBeLessThan(10);
            var changed = await Forge.ListChangedAsync(Repo, from, None);
            seen.UnionWith(changed.Subjects);
            if (changed.Until is not { } until)
                break;
            until.ShouldBeGreaterThan(from);
            from = until;
        }

        seen.IsSupersetOf(made).ShouldBeTrue();
    }
}
