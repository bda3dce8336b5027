namespace CodingAgent.Forges;

/// <summary>Pull requests and reviews. There is no merge and no force push here, by design.</summary>
public interface IForgePulls
{
    /// <summary>Reads a pull request.</summary>
    Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>The open pull request from this branch of the same repository, if any.</summary>
    Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a draft, or returns the open one that already exists for the branch (GitHub answers 422 then). Where the forge offers no drafts
    /// for the repository, what is opened is none.
    /// </summary>
    Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken);

    /// <summary>Replaces title and body.</summary>
    Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken);

    /// <summary>Takes the draft state off; a no-op when it is off.</summary>
    Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>Asks somebody for a review; a no-op when they were asked already.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="number">Pull request.</param>
    /// <param name="reviewer">A login, or a team as <c>owner/team</c> where the forge can ask teams.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeRejectedException">There is nobody of that name who could be asked.</exception>
    Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken);

    /// <summary>Closes it without merging; a no-op when it is closed. Its branch stays.</summary>
    Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>The files it changes, in the forge's order and as the forge shows them; at most a thousand.</summary>
    Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>Reads one submitted review.</summary>
    Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken);

    /// <summary>All line comment threads, those that are resolved too.</summary>
    Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>Makes the bot's reply with this marker exist in the thread.</summary>
    Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken);

    /// <summary>Marks a thread resolved; a no-op when it is, and when its first comment is gone.</summary>
    Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken);
}

/// <summary>A pull request as read from the forge.</summary>
/// <param name="Number">Number within the base repository.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Markdown body.</param>
/// <param name="Author">Who opened it.</param>
/// <param name="Head">Head branch, commit and repository.</param>
/// <param name="BaseBranch">Branch it wants to merge into.</param>
/// <param name="BaseSha">Base commit as the forge records it.</param>
/// <param name="IsDraft">Draft or ready.</param>
/// <param name="IsOpen">Open, as opposed to closed or merged.</param>
/// <param name="IsMerged">Merged.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record PullRequest(
    int Number, string Title, string Body, Actor Author, PullHead Head, string BaseBranch, string BaseSha, bool IsDraft, bool IsOpen, bool IsMerged, Uri WebUrl)
{
    /// <summary>The forge lets nobody merge it before its branch holds all of the base branch.</summary>
    public bool MustFollowBase { get; init; }
}

/// <summary>The head of a pull request as an event reports it.</summary>
/// <param name="Branch">Head branch name.</param>
/// <param name="Sha">Head commit.</param>
/// <param name="Repo">Head repository; null when it was deleted. A branch counts as ours only when this equals the base repository.</param>
public sealed record PullHead(string Branch, string Sha, RepoRef? Repo);

/// <summary>A pull request to open within one repository.</summary>
/// <param name="HeadBranch">Branch pushed before.</param>
/// <param name="BaseBranch">Branch to merge into.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Markdown body.</param>
public sealed record NewPullRequest(string HeadBranch, string BaseBranch, string Title, string Body);

/// <summary>A file that a pull request changes.</summary>
/// <param name="Path">Its path; for one that is removed, where it was.</param>
/// <param name="Change">What becomes of it.</param>
/// <param name="Patch">Its hunks as a unified diff, without headers of files; null where the forge shows none: binary, too large, or only moved. Untrusted.</param>
public sealed record PullRequestFile(string Path, FileChange Change, string? Patch)
{
    /// <summary>Where it was, for one that moved; null for others.</summary>
    public string? OldPath { get; init; }
}

/// <summary>What becomes of a file.</summary>
public enum FileChange
{
    /// <summary>Its content changes.</summary>
    Modified,

    /// <summary>It is new.</summary>
    Added,

    /// <summary>It goes.</summary>
    Removed,

    /// <summary>It is elsewhere, perhaps with other content.</summary>
    Moved,
}

/// <summary>A submitted review.</summary>
/// <param name="Id">The forge's id.</param>
/// <param name="Author">Reviewer.</param>
/// <param name="State">Verdict.</param>
/// <param name="Body">Summary text; untrusted.</param>
/// <param name="CommitSha">The head it was written against.</param>
/// <param name="SubmittedAt">When.</param>
public sealed record Review(long Id, Actor Author, ReviewState State, string Body, string CommitSha, DateTimeOffset SubmittedAt);

/// <summary>The verdict of a submitted review.</summary>
public enum ReviewState
{
    /// <summary>Remarks without a verdict.</summary>
    Commented,

    /// <summary>Approved.</summary>
    Approved,

    /// <summary>Changes requested.</summary>
    ChangesRequested,
}

/// <summary>A thread of line comments on a pull request, oldest comment first.</summary>
/// <param name="RootCommentId">Id of the first comment: the thread's stable key, and what a reply answers.</param>
/// <param name="ReviewId">Review the root comment was submitted with, when known.</param>
/// <param name="Path">File it is about.</param>
/// <param name="Line">Last line it is about, as the file is now on its <see cref="Side"/>; null when that line changed or is gone, and for a whole file.</param>
/// <param name="DiffHunk">The hunk shown above the comment; it ends with the line commented on.</param>
/// <param name="Comments">All comments.</param>
public sealed record ReviewThread(
    long RootCommentId, long? ReviewId, string Path, int? Line, string DiffHunk, IReadOnlyList<IssueComment> Comments)
{
    /// <summary>First line it is about; null where it is about one line, and where <see cref="Line"/> is.</summary>
    public int? StartLine { get; init; }

    /// <summary>Last line it was about when it was written, as far as the forge still says; null for a whole file.</summary>
    public int? OriginalLine { get; init; }

    /// <summary>First line it was about when it was written; null where that was one line.</summary>
    public int? OriginalStartLine { get; init; }

    /// <summary>Which version of the file the lines are counted in.</summary>
    public DiffSide Side { get; init; } = DiffSide.New;

    /// <summary>What it is about changed since it was written.</summary>
    public bool IsOutdated { get; init; }

    /// <summary>Somebody marked it as settled.</summary>
    public bool IsResolved { get; init; }

    /// <summary>Ids of its comments that somebody who may has hidden from readers.</summary>
    public IReadOnlyCollection<long> Hidden { get; init; } = [];

    /// <summary>Replacements that its comments propose, in their order.</summary>
    public IReadOnlyList<Suggestion> Suggestions { get; init; } = [];
}

/// <summary>A side of a difference.</summary>
public enum DiffSide
{
    /// <summary>As the change leaves the file.</summary>
    New,

    /// <summary>As the file was before.</summary>
    Old,
}

/// <summary>An exact replacement of lines that a review comment proposes in the forge's own notation.</summary>
/// <param name="CommentId">The comment that proposes it.</param>
/// <param name="StartLine">First line to replace, counted as <see cref="ReviewThread.Line"/>.</param>
/// <param name="EndLine">Last line to replace.</param>
/// <param name="Text">What stands there instead, without a line break at its end; lines end with <c>\n</c>. Null removes the lines. Untrusted.</param>
public sealed record Suggestion(long CommentId, int StartLine, int EndLine, string? Text);
