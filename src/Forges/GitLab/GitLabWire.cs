using System.Text.Json.Serialization;

namespace CodingAgent.Forges.GitLab;

/// <summary>
/// What is read of GitLab's answers, and what is written: members in GitLab's spelling with underscores, everything optional that a version or an
/// edition leaves out. https://docs.gitlab.com/api/api_resources/
/// </summary>
internal static class GitLabWire
{
    public sealed record UserSeen(long Id, string? Username)
    {
        public bool? Bot { get; init; }

        public string? State { get; init; }
    }

    public sealed record TokenSeen
    {
        public string? Name { get; init; }

        public IReadOnlyList<string>? Scopes { get; init; }

        public string? ExpiresAt { get; init; }
    }

    public sealed record ProjectSeen
    {
        public long Id { get; init; }

        public string? PathWithNamespace { get; init; }

        public string? DefaultBranch { get; init; }

        public string? HttpUrlToRepo { get; init; }

        public bool Archived { get; init; }

        public string? Visibility { get; init; }

        public PermissionsSeen? Permissions { get; init; }
    }

    public sealed record PermissionsSeen
    {
        public AccessSeen? ProjectAccess { get; init; }

        public AccessSeen? GroupAccess { get; init; }
    }

    public sealed record AccessSeen(int AccessLevel);

    public sealed record MemberSeen
    {
        public string? State { get; init; }

        public string? MembershipState { get; init; }

        public int AccessLevel { get; init; }
    }

    public sealed record HookSeen
    {
        public long Id { get; init; }

        public string? Url { get; init; }

        public bool? IssuesEvents { get; init; }

        public bool? NoteEvents { get; init; }

        public bool? MergeRequestsEvents { get; init; }

        public bool? PipelineEvents { get; init; }

        public string? AlertStatus { get; init; }
    }

    public sealed record PushRuleSeen
    {
        public bool? RejectUnsignedCommits { get; init; }

        public string? BranchNameRegex { get; init; }

        public string? CommitMessageRegex { get; init; }

        public string? CommitMessageNegativeRegex { get; init; }

        public string? AuthorEmailRegex { get; init; }

        public bool? MemberCheck { get; init; }

        public bool? CommitCommitterCheck { get; init; }
    }

    public sealed record ProtectedBranchSeen
    {
        public string? Name { get; init; }

        public IReadOnlyList<PushAccessSeen>? PushAccessLevels { get; init; }
    }

    public sealed record PushAccessSeen
    {
        public int? AccessLevel { get; init; }
    }

    public sealed record BranchSeen
    {
        public bool Protected { get; init; }

        public CommitSeen? Commit { get; init; }
    }

    public sealed record CommitSeen(string? Id);

    public sealed record FileSeen
    {
        public string? BlobId { get; init; }

        public string? Encoding { get; init; }

        public string? Content { get; init; }
    }

    public sealed record TreeSeen(string? Path, string? Type);

    public sealed record StatusSeen
    {
        public long Id { get; init; }

        public string? Name { get; init; }

        public string? Status { get; init; }

        public string? Description { get; init; }

        public bool AllowFailure { get; init; }

        public string? TargetUrl { get; init; }

        public UserSeen? Author { get; init; }
    }

    public sealed record StatusWritten(string State, string Name, string Description);

    public sealed record IssueSeen
    {
        public int Iid { get; init; }

        public string? Title { get; init; }

        public string? Description { get; init; }

        public UserSeen? Author { get; init; }

        public string? State { get; init; }

        public IReadOnlyList<string>? Labels { get; init; }

        public IReadOnlyList<UserSeen>? Assignees { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public string? WebUrl { get; init; }

        public UserSeen? ClosedBy { get; init; }

        public bool? DiscussionLocked { get; init; }

        public bool? Confidential { get; init; }
    }

    public sealed record MergeRequestSeen
    {
        public int Iid { get; init; }

        public string? Title { get; init; }

        public string? Description { get; init; }

        public UserSeen? Author { get; init; }

        public string? State { get; init; }

        public IReadOnlyList<string>? Labels { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public string? WebUrl { get; init; }

        public string? SourceBranch { get; init; }

        public string? TargetBranch { get; init; }

        public long? SourceProjectId { get; init; }

        public long? TargetProjectId { get; init; }

        public string? Sha { get; init; }

        public DiffRefsSeen? DiffRefs { get; init; }

        public bool? Draft { get; init; }

        public string? DetailedMergeStatus { get; init; }

        public bool? DiscussionLocked { get; init; }

        public UserSeen? MergeUser { get; init; }

        public UserSeen? MergedBy { get; init; }

        public UserSeen? ClosedBy { get; init; }

        public PipelineSeen? HeadPipeline { get; init; }
    }

    public sealed record DiffRefsSeen
    {
        public string? BaseSha { get; init; }

        public string? HeadSha { get; init; }

        public string? StartSha { get; init; }
    }

    public sealed record MergeRequestWritten
    {
        public required string SourceBranch { get; init; }

        public required string TargetBranch { get; init; }

        public required string Title { get; init; }

        public required string Description { get; init; }
    }

    /// <summary>A change of an issue or merge request; what is null stays.</summary>
    public sealed record SubjectWritten
    {
        public string? Title { get; init; }

        public string? Description { get; init; }

        public string? StateEvent { get; init; }

        public string? AddLabels { get; init; }

        public string? RemoveLabels { get; init; }

        public IReadOnlyList<long>? ReviewerIds { get; init; }
    }

    public sealed record ReviewerSeen
    {
        public UserSeen? User { get; init; }

        public string? State { get; init; }
    }

    public sealed record ApprovalsSeen
    {
        public IReadOnlyList<ApprovalSeen>? ApprovedBy { get; init; }
    }

    public sealed record ApprovalSeen
    {
        public UserSeen? User { get; init; }
    }

    public sealed record VersionSeen
    {
        public long Id { get; init; }

        public string? HeadCommitSha { get; init; }

        public DateTimeOffset CreatedAt { get; init; }
    }

    public sealed record DiffSeen
    {
        public string? NewPath { get; init; }

        public string? OldPath { get; init; }

        public string? Diff { get; init; }

        public bool NewFile { get; init; }

        public bool DeletedFile { get; init; }

        public bool RenamedFile { get; init; }
    }

    public sealed record DiscussionSeen
    {
        public string? Id { get; init; }

        public bool IndividualNote { get; init; }

        public IReadOnlyList<NoteSeen>? Notes { get; init; }
    }

    public sealed record NoteSeen
    {
        public long Id { get; init; }

        public string? Type { get; init; }

        public string? Body { get; init; }

        public UserSeen? Author { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public bool System { get; init; }

        public bool? Internal { get; init; }

        public bool? Confidential { get; init; }

        public string? NoteableType { get; init; }

        public int? NoteableIid { get; init; }

        public bool Resolvable { get; init; }

        public bool Resolved { get; init; }

        public PositionSeen? Position { get; init; }

        /// <summary>Only members of the project see it.</summary>
        [JsonIgnore]
        public bool IsInternal => Internal == true || Confidential == true;
    }

    public sealed record PositionSeen
    {
        public string? HeadSha { get; init; }

        public string? OldPath { get; init; }

        public string? NewPath { get; init; }

        public int? OldLine { get; init; }

        public int? NewLine { get; init; }

        public string? PositionType { get; init; }

        public LineRangeSeen? LineRange { get; init; }
    }

    public sealed record LineRangeSeen
    {
        public LineSeen? Start { get; init; }

        public LineSeen? End { get; init; }
    }

    public sealed record LineSeen
    {
        public string? LineCode { get; init; }

        public int? OldLine { get; init; }

        public int? NewLine { get; init; }
    }

    public sealed record NoteWritten(string Body);

    public sealed record Resolved([property: JsonPropertyName("resolved")] bool IsResolved);

    public sealed record Emoji(string Name);

    public sealed record LabelEventSeen
    {
        public long Id { get; init; }

        public UserSeen? User { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public LabelSeen? Label { get; init; }

        public string? Action { get; init; }
    }

    public sealed record LabelSeen(string? Name);

    public sealed record PipelineSeen
    {
        public long Id { get; init; }

        public string? Sha { get; init; }

        public string? Status { get; init; }

        public string? Source { get; init; }

        public string? WebUrl { get; init; }

        public string? YamlErrors { get; init; }
    }

    public sealed record PipelineWritten([property: JsonPropertyName("ref")] string Branch);

    public sealed record JobSeen
    {
        public long Id { get; init; }

        public string? Name { get; init; }

        public string? Stage { get; init; }

        public string? Status { get; init; }

        public bool AllowFailure { get; init; }

        public string? FailureReason { get; init; }

        public DateTimeOffset? StartedAt { get; init; }

        public string? WebUrl { get; init; }
    }

    public sealed record GraphQlQuery(string Query, object Variables);
}
