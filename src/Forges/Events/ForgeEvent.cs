namespace CodingAgent.Forges.Events;

/// <summary>
/// Everything a forge can tell us that we act on: a closed set, mapped from wire payloads at the edge. No forge JSON passes beyond this
/// type. As mapped it is a hint; what changes anything is the same event as read back from the forge.
/// </summary>
/// <param name="DeliveryId">The forge's id of the delivery; the key of every dedupe downstream.</param>
/// <param name="Repo">The repository the event happened in (for a pull request: its base repository).</param>
/// <param name="Actor">Who caused it.</param>
public abstract record ForgeEvent(string DeliveryId, RepoRef Repo, Actor Actor)
{
    /// <summary>True when a text was changed that had been written before; <see cref="Actor"/> is its author all the same.</summary>
    public bool IsEdit { get; init; }

    /// <summary>Who changed the text last, when that was not its author; null otherwise, and as long as nobody asked the forge.</summary>
    public Actor? EditedBy { get; init; }

    /// <summary>A label was put on an issue or (when <paramref name="IsPullRequest"/>) a pull request.</summary>
    public sealed record Labeled(string DeliveryId, RepoRef Repo, Actor Actor, int Number, bool IsPullRequest, string Label)
        : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary><see cref="Issue.TextDigest"/> of the issue as it read when this happened; null when the forge did not say.</summary>
        public string? IssueDigest { get; init; }

        /// <summary>The forge's record of it; null as long as nobody asked.</summary>
        public IssueEvent? Record { get; init; }

        /// <summary>What it was put on.</summary>
        public Subject On => new(Number, IsPullRequest);
    }

    /// <summary>A label was taken off.</summary>
    public sealed record Unlabeled(string DeliveryId, RepoRef Repo, Actor Actor, int Number, bool IsPullRequest, string Label)
        : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary>The forge's record of it; null as long as nobody asked.</summary>
        public IssueEvent? Record { get; init; }

        /// <summary>What it was taken off.</summary>
        public Subject On => new(Number, IsPullRequest);
    }

    /// <summary>An account was made responsible for an issue (not a pull request).</summary>
    public sealed record Assigned(string DeliveryId, RepoRef Repo, Actor Actor, int Number, Actor Assignee) : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary><see cref="Issue.TextDigest"/> of the issue as it read when this happened; null when the forge did not say.</summary>
        public string? IssueDigest { get; init; }

        /// <summary>The forge's record of it; null as long as nobody asked.</summary>
        public IssueEvent? Record { get; init; }
    }

    /// <summary>An account is not responsible for an issue any more.</summary>
    public sealed record Unassigned(string DeliveryId, RepoRef Repo, Actor Actor, int Number, Actor Assignee) : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary>The forge's record of it; null as long as nobody asked.</summary>
        public IssueEvent? Record { get; init; }
    }

    /// <summary>An issue (not a pull request) was opened; <paramref name="Actor"/> is its author.</summary>
    public sealed record IssueOpened(string DeliveryId, RepoRef Repo, Actor Actor, int Number, string Body)
        : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>An issue (not a pull request) was closed or reopened.</summary>
    public sealed record IssueStateChanged(string DeliveryId, RepoRef Repo, Actor Actor, int Number, bool IsOpen)
        : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>A comment was written on an issue or pull request. A pull request's issue comment carries no head.</summary>
    public sealed record Commented(
        string DeliveryId, RepoRef Repo, Actor Actor, int Number, bool IsPullRequest, long CommentId, string Body, DateTimeOffset WrittenAt)
        : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary><see cref="Issue.TextDigest"/> of the issue as it read when this happened; null when the forge did not say.</summary>
        public string? IssueDigest { get; init; }

        /// <summary>What it stands on.</summary>
        public Subject On => new(Number, IsPullRequest);
    }

    /// <summary>A review was submitted; its line comments are read from the forge when the run starts.</summary>
    public sealed record ReviewSubmitted(
        string DeliveryId, RepoRef Repo, Actor Actor, int Number, PullHead Head, long ReviewId, ReviewState State, string Body, DateTimeOffset SubmittedAt)
        : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>A line comment on a pull request; part of review <paramref name="ReviewId"/> when that is known.</summary>
    public sealed record ReviewCommented(
        string DeliveryId, RepoRef Repo, Actor Actor, int Number, PullHead Head, long CommentId, long? ReviewId, long? InReplyToId, string Body, DateTimeOffset WrittenAt)
        : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>A pull request was opened, pushed to, closed, merged, reopened, made ready or turned to draft.</summary>
    public sealed record PullChanged(string DeliveryId, RepoRef Repo, Actor Actor, int Number, PullHead Head, PullChange Change)
        : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>
    /// A reviewer may have given a verdict, which some forges tell in no event of its own: who did, the forge is asked.
    /// </summary>
    public sealed record VerdictsChanged(string DeliveryId, RepoRef Repo, Actor Actor, int Number, PullHead Head) : ForgeEvent(DeliveryId, Repo, Actor);

    /// <summary>
    /// Something about an issue or pull request may have been told in an event that never came: what was said or done since, and how it stands, the forge is
    /// asked. <paramref name="Actor"/> is nobody in particular.
    /// </summary>
    public sealed record SubjectChanged(string DeliveryId, RepoRef Repo, Actor Actor, int Number, bool IsPullRequest, DateTimeOffset Since)
        : ForgeEvent(DeliveryId, Repo, Actor)
    {
        /// <summary>What it is.</summary>
        public Subject On => new(Number, IsPullRequest);

        /// <summary>The bot's own label or status comment, which the task there keeps, is gone.</summary>
        public bool IsBare { get; init; }
    }

    /// <summary>Some CI result on a commit; it only wakes a task, which re-reads the state of the head it recorded.</summary>
    public sealed record CiChanged(
        string DeliveryId, RepoRef Repo, Actor Actor, string HeadSha, CiSource Source, string Name, bool IsCompleted, IReadOnlyList<int> Pulls)
        : ForgeEvent(DeliveryId, Repo, Actor);
}

/// <summary>Which forge object reported a CI result.</summary>
public enum CiSource
{
    /// <summary>A check run.</summary>
    CheckRun,

    /// <summary>A check suite.</summary>
    CheckSuite,

    /// <summary>A workflow run.</summary>
    WorkflowRun,

    /// <summary>A commit status.</summary>
    Status,
}

/// <summary>What happened to a pull request.</summary>
public enum PullChange
{
    /// <summary>Opened.</summary>
    Opened,

    /// <summary>New commits were pushed to the head.</summary>
    Synchronized,

    /// <summary>Closed without merging.</summary>
    Closed,

    /// <summary>Merged.</summary>
    Merged,

    /// <summary>Reopened.</summary>
    Reopened,

    /// <summary>Draft taken off.</summary>
    ReadyForReview,

    /// <summary>Turned back into a draft.</summary>
    ConvertedToDraft,
}
