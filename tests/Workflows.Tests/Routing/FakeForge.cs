using System.Collections.Concurrent;
using System.Net;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>
/// A forge in memory: accounts with access, pull requests, comments by marker, reactions, and the record of what people wrote and did; and it
/// can be away.
/// </summary>
public sealed class FakeForge : IForgeRepositories, IForgePulls, IForgeIssues, IForgeRecords
{
    private long _lastEvent = 500;

    public static readonly Actor Bot = new("coding-agent-bot", 100, ActorKind.User);

    public ConcurrentDictionary<string, AccessLevel> Access { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ConcurrentDictionary<int, PullRequest> Pulls { get; } = new();

    public ConcurrentDictionary<(int Number, string Marker), string> Comments { get; } = new();

    public ConcurrentQueue<(int Number, long? CommentId, Reaction Reaction)> Reactions { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Numbers of repositories by name.</summary>
    public ConcurrentDictionary<string, long> Numbers { get; } = new(StringComparer.OrdinalIgnoreCase) { ["octo/hello"] = 7 };

    /// <summary>Comments of conversations by id.</summary>
    public ConcurrentDictionary<long, RecordedComment> Written { get; } = new();

    /// <summary>Line comments by id.</summary>
    public ConcurrentDictionary<long, RecordedComment> LineComments { get; } = new();

    /// <summary>Reviews by id.</summary>
    public ConcurrentDictionary<long, RecordedReview> Reviews { get; } = new();

    /// <summary>Issues and the issue halves of pull requests, once something was done to them.</summary>
    public ConcurrentDictionary<int, Issue> Issues { get; } = new();

    /// <summary>What was done to them.</summary>
    public ConcurrentDictionary<int, IReadOnlyList<IssueEvent>> Events { get; } = new();

    /// <summary>When issues were edited last.</summary>
    public ConcurrentDictionary<int, DateTimeOffset> IssueEdits { get; } = new();

    /// <summary>There is an issue or pull request of this number.</summary>
    public Issue Open(RepoRef repo, int number, bool isPull) => Issues[number] = IssueOf(repo, number, isPull);

    /// <summary>Somebody puts a label on or takes it off.</summary>
    public IssueEvent Label(RepoRef repo, int number, bool isPull, Actor who, string label, DateTimeOffset at, bool isOn = true)
    {
        var issue = IssueOf(repo, number, isPull);
        var labels = issue.Labels.Where(l => !l.Equals(label, StringComparison.OrdinalIgnoreCase));
        Issues[number] = issue with { Labels = isOn ? [.. labels, label] : [.. labels] };
        return Do(number, isOn ? IssueEventKind.Labeled : IssueEventKind.Unlabeled, who, label, at);
    }

    /// <summary>Somebody assigns the bot to an issue, or takes it off.</summary>
    public void Assign(RepoRef repo, int number, Actor who, DateTimeOffset at, bool isOn = true)
    {
        Issues[number] = IssueOf(repo, number, isPull: false) with { Assignees = isOn ? [Bot] : [] };
        Do(number, isOn ? IssueEventKind.Assigned : IssueEventKind.Unassigned, who, "", at);
    }

    /// <summary>Somebody opens or closes an issue or pull request.</summary>
    public void SetOpen(RepoRef repo, int number, bool isPull, Actor who, bool isOpen, bool isMerged = false) =>
        Issues[number] = IssueOf(repo, number, isPull) with { IsOpen = isOpen, ClosedBy = isOpen ? null : who, IsMerged = isMerged };

    /// <summary>Something else is done.</summary>
    public IssueEvent Do(int number, IssueEventKind kind, Actor who, string label, DateTimeOffset at)
    {
        var e = new IssueEvent(Interlocked.Increment(ref _lastEvent), kind, who, label, at);
        Events[number] = [.. Events.GetValueOrDefault(number, []), e];
        return e;
    }

    /// <summary>Throws for a call (named as the method) when it returns an exception.</summary>
    public Func<string, string, Exception?> Trouble { get; set; } = (_, _) => null;

    public PullRequest AddPull(RepoRef repo, int number, string branch, Actor? author = null, string body = "", RepoRef? headRepo = null, bool isOpen = true) =>
        Pulls[number] = new PullRequest(
            number, "title", body, author ?? new Actor("mona", 1, ActorKind.User), new PullHead(branch, "headsha", headRepo ?? repo),
            "main", "basesha", false, isOpen, false, new Uri($"https://forge.test/{repo.FullName}/pull/{number}"));

    public string GetCommitAddress(RepoRef repo, Actor account) => throw new NotSupportedException();

    public Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken) => Answer("GetSelf", "", () => Bot);

    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) =>
        Answer("GetAccess", login, () => MayNotAskAccess ? throw new ForgeRejectedException("Must have push access to view collaborator permission.", HttpStatusCode.Forbidden) : Access.GetValueOrDefault(login));

    public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) => GetAccessAsync(repo, account.Login, cancellationToken);

    /// <summary>The bot's account has no write access itself.</summary>
    public bool MayNotAskAccess { get; set; }

    public Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        Answer("GetPull", $"{number}", () => Pulls.GetValueOrDefault(number) ?? throw new ForgeRejectedException("no such pull request", HttpStatusCode.NotFound));

    public Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken) =>
        Answer("EnsureComment", $"{on.Number}", () =>
        {
            Comments[(on.Number, marker)] = body;
            return new IssueComment(1, Bot, body, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new Uri("https://forge.test/"));
        });

    public Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken) =>
        Answer("AddReaction", $"{on.Number}", () =>
        {
            Reactions.Enqueue((on.Number, commentId, reaction));
            return true;
        });

    public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) =>
        Answer("GetRepository", repo.FullName, () => new Repository(repo, "main", new Uri($"https://forge.test/{repo.FullName}.git"), false) { Id = Numbers.GetValueOrDefault(repo.FullName) });

    public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        Answer("GetIssue", $"{on.Number}", () => Issues.GetValueOrDefault(on.Number) ?? throw new ForgeRejectedException("no such issue", HttpStatusCode.NotFound));

    public Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken) =>
        Answer("FindComment", $"{id}", () => Written.GetValueOrDefault(id));

    public Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        Answer("FindLineComment", $"{id}", () => LineComments.GetValueOrDefault(id));

    public Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        Answer("FindReview", $"{id}", () => Reviews.GetValueOrDefault(id) is { } found ? withEdit ? found : found with { Edit = null } : null);

    public Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<Review>>("ListReviews", $"{number}", () => [.. Reviews.Values.Select(r => r.Review).Where(r => r.SubmittedAt >= since).OrderBy(r => r.Id)]);

    public Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        Answer<DateTimeOffset?>("FindIssueEdit", $"{number}", () => IssueEdits.TryGetValue(number, out var at) ? at : null);

    public Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        Answer("ListIssueEvents", $"{on.Number}", () => Events.GetValueOrDefault(on.Number));

    public Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken) =>
        Answer("FindAssignment", $"{number}", () => Events.GetValueOrDefault(number, []).LastOrDefault(e => e.Kind is IssueEventKind.Assigned or IssueEventKind.Unassigned));

    public Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Issue IssueOf(RepoRef repo, int number, bool isPull) => Issues.GetValueOrDefault(number)
        ?? new Issue(number, "title", "", new Actor("mona", 1, ActorKind.User), true, isPull, [], DateTimeOffset.UnixEpoch, new Uri($"https://forge.test/{repo.FullName}/issues/{number}"));

    private Task<T> Answer<T>(string call, string about, Func<T> answer)
    {
        Calls.Enqueue(about.Length == 0 ? call : $"{call} {about}");
        return Trouble(call, about) is { } trouble ? Task.FromException<T>(trouble) : Task.FromResult(answer());
    }
}
