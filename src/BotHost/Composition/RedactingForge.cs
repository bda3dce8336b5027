using CodingAgent.Forges;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Composition;

/// <summary>
/// A forge that is told no secret: whatever is written to it (comments, titles, bodies, answers, checks) passes here, whoever put it together and
/// whichever forge it is. All else goes through.
/// </summary>
/// <param name="inner">The forge.</param>
/// <param name="redaction">Takes secrets out.</param>
public sealed class RedactingForge(IForge inner, Redaction redaction) : IForge
{
    /// <inheritdoc/>
    public Task<Actor> GetSelfAsync(CancellationToken cancellationToken) => inner.GetSelfAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) => inner.GetRepositoryAsync(repo, cancellationToken);

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) => inner.GetAccessAsync(repo, login, cancellationToken);

    /// <inheritdoc/>
    public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) =>
        inner.GetFileAsync(repo, path, reference, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken) =>
        inner.ListFilesAsync(repo, folder, reference, cancellationToken);

    /// <inheritdoc/>
    public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => inner.GetBranchHeadAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => inner.IsProtectedAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        inner.ListPushRulesAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<Issue> GetIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.GetIssueAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        inner.ListCommentsAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        inner.ListHiddenCommentsAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<IssueComment> EnsureCommentAsync(RepoRef repo, int number, string marker, string body, CancellationToken cancellationToken) =>
        inner.EnsureCommentAsync(repo, number, marker, redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task AddReactionAsync(RepoRef repo, int number, long? commentId, Reaction reaction, CancellationToken cancellationToken) =>
        inner.AddReactionAsync(repo, number, commentId, reaction, cancellationToken);

    /// <inheritdoc/>
    public Task AddLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) => inner.AddLabelAsync(repo, number, label, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) => inner.RemoveLabelAsync(repo, number, label, cancellationToken);

    /// <inheritdoc/>
    public Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.CloseIssueAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.GetPullAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken) =>
        inner.FindPullByBranchAsync(repo, headBranch, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken) =>
        inner.EnsureDraftPullAsync(repo, pull with { Title = redaction.Apply(pull.Title), Body = redaction.Apply(pull.Body) }, cancellationToken);

    /// <inheritdoc/>
    public Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken) =>
        inner.UpdatePullAsync(repo, number, redaction.Apply(title), redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.MarkReadyAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.ClosePullAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) => inner.GetReviewAsync(repo, number, reviewId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        inner.ListReviewThreadsAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken) =>
        inner.EnsureThreadReplyAsync(repo, number, rootCommentId, marker, redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken) =>
        inner.ResolveThreadAsync(repo, number, rootCommentId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken) => inner.GetCiAsync(repo, sha, cancellationToken);

    /// <inheritdoc/>
    public Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken) =>
        inner.EnsureCheckAsync(
            repo,
            check with
            {
                Title = redaction.Apply(check.Title),
                Summary = redaction.Apply(check.Summary),
                Remarks = [.. check.Remarks.Select(r => r with { Message = redaction.Apply(r.Message) })],
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) => inner.ReadLogAsync(repo, result, cancellationToken);

    /// <inheritdoc/>
    public Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) => inner.RerunAsync(repo, result, cancellationToken);

    /// <inheritdoc/>
    public Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken) =>
        inner.StartWorkflowAsync(repo, workflow, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedComment?> FindCommentAsync(RepoRef repo, long id, bool withEdit, CancellationToken cancellationToken) =>
        inner.FindCommentAsync(repo, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, long id, bool withEdit, CancellationToken cancellationToken) =>
        inner.FindLineCommentAsync(repo, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        inner.FindReviewAsync(repo, number, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken) => inner.FindIssueEditAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        inner.ListIssueEventsAsync(repo, number, cancellationToken);
}
