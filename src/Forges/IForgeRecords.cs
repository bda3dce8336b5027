namespace CodingAgent.Forges;

/// <summary>
/// What people did, as the forge has it on record: an event only says that it happened. Null means that the forge has no such thing, or
/// not yet: what it tells over one wire may be a moment late on another.
/// </summary>
public interface IForgeRecords
{
    /// <summary>A comment of a conversation.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="on">What it is said to stand on; where it stands is in the answer.</param>
    /// <param name="id">The forge's id.</param>
    /// <param name="withEdit">Whether to ask who edited it last also when its times, which are whole seconds, do not show that anybody did.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken);

    /// <summary>A line comment of a pull request; parameters as for <see cref="FindCommentAsync"/>.</summary>
    Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken);

    /// <summary>A submitted review.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="number">Pull request.</param>
    /// <param name="id">The forge's id.</param>
    /// <param name="withEdit">Whether it is worth asking who edited its text last.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken);

    /// <summary>
    /// Reviews submitted since, oldest first; on a forge that keeps verdicts alone, of each reviewer the last, if it stands. For a forge that tells of some of
    /// them in no event of their own, and to find what was missed.
    /// </summary>
    /// <param name="repo">Repository.</param>
    /// <param name="number">Pull request.</param>
    /// <param name="since">By the forge's clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>
    /// Issues and pull requests, open or not, about which anything was said or done since, the longest unchanged first: a hundred or so, all there are where
    /// it is fewer. That more changed at the very moment of the last one than are told does not happen.
    /// </summary>
    /// <param name="repo">Repository.</param>
    /// <param name="since">By the forge's clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>When title or body of an issue were last changed; null when they read as at first.</summary>
    Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>What was done to an issue or pull request besides words (labels, states), oldest first.</summary>
    Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken);

    /// <summary>The last time that an account was assigned to an issue or taken off it, and by whom; null where neither ever happened.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="number">Issue.</param>
    /// <param name="assignee">The account.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken);
}

/// <summary>A comment as the forge has it.</summary>
/// <param name="Id">The forge's id.</param>
/// <param name="On">What it stands on.</param>
/// <param name="Author">Who wrote it.</param>
/// <param name="Body">Its text as it reads now; untrusted.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Edit">Last change of its text; null when there was none.</param>
public sealed record RecordedComment(long Id, Subject On, Actor Author, string Body, DateTimeOffset CreatedAt, TextEdit? Edit);

/// <summary>A review as the forge has it.</summary>
/// <param name="Review">The review.</param>
/// <param name="Edit">Last change of its text; null when there was none or nobody asked.</param>
public sealed record RecordedReview(Review Review, TextEdit? Edit);

/// <summary>The last change of a text.</summary>
/// <param name="By">Who made it; not always the author.</param>
/// <param name="At">When.</param>
public sealed record TextEdit(Actor By, DateTimeOffset At);

/// <summary>Something done to an issue or pull request.</summary>
/// <param name="Id">The forge's id of this doing: the same label put on twice is two.</param>
/// <param name="Kind">What.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Label">The label it is about; empty for the others.</param>
/// <param name="At">When.</param>
public sealed record IssueEvent(long Id, IssueEventKind Kind, Actor Actor, string Label, DateTimeOffset At);

/// <summary>What can be done to an issue or pull request, of what matters here.</summary>
public enum IssueEventKind
{
    /// <summary>Anything else.</summary>
    Other,

    /// <summary>A label was put on.</summary>
    Labeled,

    /// <summary>A label was taken off.</summary>
    Unlabeled,

    /// <summary>An account was assigned.</summary>
    Assigned,

    /// <summary>An account was taken off.</summary>
    Unassigned,

    /// <summary>A pull request's draft state was taken off.</summary>
    ReadyForReview,

    /// <summary>A pull request was turned into a draft.</summary>
    ConvertedToDraft,
}

/// <summary>What changed in a repository since some moment, the longest unchanged first.</summary>
/// <param name="Subjects">Issues and pull requests.</param>
/// <param name="Until">When the last of them changed where there are more; null where these are all.</param>
public sealed record ChangedSubjects(IReadOnlyList<Subject> Subjects, DateTimeOffset? Until);
