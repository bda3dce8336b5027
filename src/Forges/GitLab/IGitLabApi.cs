using System.Text.Json.Nodes;
using Refit;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <summary>
/// The part of GitLab's REST API (v4) that is used, and one address of GraphQL. Projects are named by their path, which Refit writes as one segment
/// (<c>group%2Fproject</c>). https://docs.gitlab.com/api/rest/
/// </summary>
[Headers("User-Agent: coding-agent", "Accept: application/json")]
internal interface IGitLabApi
{
    [Get("/api/v4/user")]
    Task<ApiResponse<UserSeen>> GetSelfAsync([Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/personal_access_tokens/self")]
    Task<ApiResponse<TokenSeen>> GetTokenAsync([Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/users")]
    Task<ApiResponse<List<UserSeen>>> FindUsersAsync(string username, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects?membership=true&min_access_level=30&archived=false&simple=true&per_page=100")]
    Task<ApiResponse<List<ProjectSeen>>> ListProjectsAsync(int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}")]
    Task<ApiResponse<ProjectSeen>> GetProjectAsync(string id, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/members/all/{user}")]
    Task<ApiResponse<MemberSeen>> GetMemberAsync(string id, long user, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/hooks?per_page=100")]
    Task<ApiResponse<List<HookSeen>>> ListHooksAsync(string id, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/push_rule")]
    Task<ApiResponse<PushRuleSeen>> GetPushRuleAsync(string id, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/protected_branches?per_page=100")]
    Task<ApiResponse<List<ProtectedBranchSeen>>> ListProtectedBranchesAsync(string id, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/repository/branches/{branch}")]
    Task<ApiResponse<BranchSeen>> GetBranchAsync(string id, string branch, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/repository/files/{path}")]
    Task<ApiResponse<FileSeen>> GetFileAsync(string id, string path, string @ref, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/repository/tree?per_page=100")]
    Task<ApiResponse<List<TreeSeen>>> ListTreeAsync(string id, string path, string @ref, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/repository/commits/{sha}/statuses?all=true&per_page=100")]
    Task<ApiResponse<List<StatusSeen>>> ListStatusesAsync(string id, string sha, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/repository/commits/{sha}/merge_requests?state=opened&per_page=100")]
    Task<ApiResponse<List<MergeRequestSeen>>> ListMergeRequestsOfAsync(string id, string sha, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/statuses/{sha}")]
    Task<ApiResponse<StatusSeen>> SetStatusAsync(string id, string sha, [Body] StatusWritten status, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/issues/{iid}")]
    Task<ApiResponse<IssueSeen>> GetIssueAsync(string id, int iid, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Put("/api/v4/projects/{id}/issues/{iid}")]
    Task<ApiResponse<IssueSeen>> UpdateIssueAsync(string id, int iid, [Body] SubjectWritten change, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/issues?state=all&scope=all&order_by=updated_at&sort=asc&per_page=100")]
    Task<ApiResponse<List<IssueSeen>>> ListChangedIssuesAsync(string id, [AliasAs("updated_after")] string updatedAfter, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests?state=all&scope=all&order_by=updated_at&sort=asc&per_page=100")]
    Task<ApiResponse<List<MergeRequestSeen>>> ListChangedMergeRequestsAsync(string id, [AliasAs("updated_after")] string updatedAfter, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests?per_page=100")]
    Task<ApiResponse<List<MergeRequestSeen>>> ListMergeRequestsAsync(
        string id, string state, [AliasAs("source_branch")] string sourceBranch, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}")]
    Task<ApiResponse<MergeRequestSeen>> GetMergeRequestAsync(string id, int iid, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/merge_requests")]
    Task<ApiResponse<MergeRequestSeen>> CreateMergeRequestAsync(string id, [Body] MergeRequestWritten request, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Put("/api/v4/projects/{id}/merge_requests/{iid}")]
    Task<ApiResponse<MergeRequestSeen>> UpdateMergeRequestAsync(string id, int iid, [Body] SubjectWritten change, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}/reviewers")]
    Task<ApiResponse<List<ReviewerSeen>>> ListReviewersAsync(string id, int iid, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}/approvals")]
    Task<ApiResponse<ApprovalsSeen>> GetApprovalsAsync(string id, int iid, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}/versions?per_page=100")]
    Task<ApiResponse<List<VersionSeen>>> ListVersionsAsync(string id, int iid, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}/diffs?per_page=100")]
    Task<ApiResponse<List<DiffSeen>>> ListDiffsAsync(string id, int iid, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/merge_requests/{iid}/discussions?per_page=100")]
    Task<ApiResponse<List<DiscussionSeen>>> ListDiscussionsAsync(string id, int iid, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/merge_requests/{iid}/discussions/{discussion}/notes")]
    Task<ApiResponse<NoteSeen>> ReplyAsync(string id, int iid, string discussion, [Body] NoteWritten note, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Put("/api/v4/projects/{id}/merge_requests/{iid}/discussions/{discussion}")]
    Task<ApiResponse<DiscussionSeen>> ResolveAsync(string id, int iid, string discussion, [Body] Resolved resolved, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    // What issues and merge requests have alike; {kind} is "issues" or "merge_requests".
    [Get("/api/v4/projects/{id}/{kind}/{iid}/notes?sort=asc&order_by=created_at&per_page=100")]
    Task<ApiResponse<List<NoteSeen>>> ListNotesAsync(string id, string kind, int iid, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/{kind}/{iid}/notes/{note}")]
    Task<ApiResponse<NoteSeen>> GetNoteAsync(string id, string kind, int iid, long note, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/{kind}/{iid}/notes")]
    Task<ApiResponse<NoteSeen>> CreateNoteAsync(string id, string kind, int iid, [Body] NoteWritten note, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Put("/api/v4/projects/{id}/{kind}/{iid}/notes/{note}")]
    Task<ApiResponse<NoteSeen>> UpdateNoteAsync(string id, string kind, int iid, long note, [Body] NoteWritten text, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/{kind}/{iid}/award_emoji")]
    Task<ApiResponse<JsonObject>> AwardAsync(string id, string kind, int iid, [Body] Emoji emoji, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/{kind}/{iid}/notes/{note}/award_emoji")]
    Task<ApiResponse<JsonObject>> AwardNoteAsync(string id, string kind, int iid, long note, [Body] Emoji emoji, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/{kind}/{iid}/resource_label_events?per_page=100")]
    Task<ApiResponse<List<LabelEventSeen>>> ListLabelEventsAsync(string id, string kind, int iid, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/pipelines?per_page=100")]
    Task<ApiResponse<List<PipelineSeen>>> ListPipelinesAsync(string id, string sha, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/pipelines/{pipeline}")]
    Task<ApiResponse<PipelineSeen>> GetPipelineAsync(string id, long pipeline, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/pipelines/{pipeline}/jobs?include_retried=true&per_page=100")]
    Task<ApiResponse<List<JobSeen>>> ListJobsAsync(string id, long pipeline, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/pipelines/{pipeline}/bridges?per_page=100")]
    Task<ApiResponse<List<JobSeen>>> ListBridgesAsync(string id, long pipeline, int page, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/pipelines/{pipeline}/retry")]
    Task<ApiResponse<PipelineSeen>> RetryPipelineAsync(string id, long pipeline, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/v4/projects/{id}/pipeline")]
    Task<ApiResponse<PipelineSeen>> StartPipelineAsync(string id, [Body] PipelineWritten pipeline, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Get("/api/v4/projects/{id}/jobs/{job}/trace")]
    Task<ApiResponse<string>> GetTraceAsync(string id, long job, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);

    [Post("/api/graphql")]
    Task<ApiResponse<JsonObject>> QueryAsync([Body] GraphQlQuery query, [Property(GitLabCall.Key)] GitLabCall call, CancellationToken cancellationToken);
}
