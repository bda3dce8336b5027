namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>
/// The union of the fields we read from GitHub's webhook payloads. Everything is optional here: which event has which fields is
/// the mapper's knowledge, and a hostile body may leave out any of them.
/// </summary>
internal sealed record WebhookPayload
{
    public string? Action { get; init; }

    public Repo? Repository { get; init; }

    public Account? Sender { get; init; }

    public IssueData? Issue { get; init; }

    public CommentData? Comment { get; init; }

    public PullData? PullRequest { get; init; }

    public ReviewData? Review { get; init; }

    public LabelData? Label { get; init; }

    public CiData? CheckRun { get; init; }

    public CiData? CheckSuite { get; init; }

    public CiData? WorkflowRun { get; init; }

    // The three below belong to the status event, which has no object of its own.
    public string? Sha { get; init; }

    public string? Context { get; init; }

    public string? State { get; init; }

    internal sealed record Repo(long Id, string? FullName);

    internal sealed record Account(string? Login, long Id, string? Type);

    internal sealed record Marker;

    internal sealed record IssueData(int Number, Marker? PullRequest, string? Title, string? Body);

    internal sealed record LabelData(string? Name);

    internal sealed record CommentData(long Id, string? Body, DateTimeOffset? CreatedAt, long? PullRequestReviewId, long? InReplyToId);

    internal sealed record ReviewData(long Id, string? Body, string? State, DateTimeOffset? SubmittedAt);

    internal sealed record PullData(int Number, bool? Merged, Branch? Head, Branch? Base);

    internal sealed record Branch(string? Ref, string? Sha, Repo? Repo);

    internal sealed record CiData(string? Name, string? HeadSha, AppData? App, IReadOnlyList<PullData?>? PullRequests);

    internal sealed record AppData(string? Name);
}
