using System.Net;
using CodingAgent.Forges;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Composition;

/// <summary>
/// The forges that are served, as one, and told no secret: whatever is written to them (comments, titles, bodies, answers, checks) passes here,
/// whoever put it together and whichever forge it is. All else goes through to the repository's own.
/// </summary>
/// <param name="forges">The forges.</param>
/// <param name="redaction">Takes secrets out.</param>
public sealed class RedactingForge(IReadOnlyDictionary<ForgeKind, IForge> forges, Redaction redaction) : IForge
{
    /// <inheritdoc/>
    public string GetCommitAddress(RepoRef repo, Actor account) => At(repo).GetCommitAddress(repo, account);

    /// <inheritdoc/>
    public Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken) => At(repo).GetSelfAsync(repo, cancellationToken);

    /// <inheritdoc/>
    public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) => At(repo).GetRepositoryAsync(repo, cancellationToken);

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) => At(repo).GetAccessAsync(repo, login, cancellationToken);

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) => At(repo).GetAccessAsync(repo, account, cancellationToken);

    /// <inheritdoc/>
    public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) =>
        At(repo).GetFileAsync(repo, path, reference, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken) =>
        At(repo).ListFilesAsync(repo, folder, reference, cancellationToken);

    /// <inheritdoc/>
    public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => At(repo).GetBranchHeadAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => At(repo).IsProtectedAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        At(repo).ListPushRulesAsync(repo, branch, cancellationToken);

    /// <inheritdoc/>
    public bool SignsCommits(RepoRef repo) => At(repo).SignsCommits(repo);

    /// <inheritdoc/>
    /// <remarks>Not masked here: the message is what was judged, and the answer is held against it.</remarks>
    public Task<MadeCommit> MakeCommitAsync(RepoRef repo, NewCommit commit, CancellationToken cancellationToken) => At(repo).MakeCommitAsync(repo, commit, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> MoveBranchAsync(RepoRef repo, BranchMove move, CancellationToken cancellationToken) => At(repo).MoveBranchAsync(repo, move, cancellationToken);

    /// <inheritdoc/>
    public Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => At(repo).GetIssueAsync(repo, on, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        At(repo).ListCommentsAsync(repo, on, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        At(repo).ListHiddenCommentsAsync(repo, on, cancellationToken);

    /// <inheritdoc/>
    public Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken) =>
        At(repo).EnsureCommentAsync(repo, on, marker, redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken) =>
        At(repo).AddReactionAsync(repo, on, commentId, reaction, cancellationToken);

    /// <inheritdoc/>
    public Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => At(repo).AddLabelAsync(repo, on, label, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => At(repo).RemoveLabelAsync(repo, on, label, cancellationToken);

    /// <inheritdoc/>
    public Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).CloseIssueAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).GetPullAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken) =>
        At(repo).FindPullByBranchAsync(repo, headBranch, cancellationToken);

    /// <inheritdoc/>
    public Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken) =>
        At(repo).EnsureDraftPullAsync(repo, pull with { Title = redaction.Apply(pull.Title), Body = redaction.Apply(pull.Body) }, cancellationToken);

    /// <inheritdoc/>
    public Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken) =>
        At(repo).UpdatePullAsync(repo, number, redaction.Apply(title), redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).ListChangesAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken) => At(repo).RequestReviewAsync(repo, number, reviewer, cancellationToken);

    /// <inheritdoc/>
    public Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).MarkReadyAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).ClosePullAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) => At(repo).GetReviewAsync(repo, number, reviewId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        At(repo).ListReviewThreadsAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken) =>
        At(repo).EnsureThreadReplyAsync(repo, number, rootCommentId, marker, redaction.Apply(body), cancellationToken);

    /// <inheritdoc/>
    public Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken) =>
        At(repo).ResolveThreadAsync(repo, number, rootCommentId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken) => At(repo).GetCiAsync(repo, sha, cancellationToken);

    /// <inheritdoc/>
    public Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken) =>
        At(repo).EnsureCheckAsync(
            repo,
            check with
            {
                Title = redaction.Apply(check.Title),
                Summary = redaction.Apply(check.Summary),
                Remarks = [.. check.Remarks.Select(r => r with { Message = redaction.Apply(r.Message) })],
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<CiLog> ReadLogAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) => At(repo).ReadLogAsync(repo, result, cancellationToken);

    /// <inheritdoc/>
    public Task RerunAsync(RepoRef repo, CiResult result, CancellationToken cancellationToken) => At(repo).RerunAsync(repo, result, cancellationToken);

    /// <inheritdoc/>
    public Task StartWorkflowAsync(RepoRef repo, string workflow, string branch, CancellationToken cancellationToken) =>
        At(repo).StartWorkflowAsync(repo, workflow, branch, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken) =>
        At(repo).FindCommentAsync(repo, on, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        At(repo).FindLineCommentAsync(repo, number, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        At(repo).FindReviewAsync(repo, number, id, withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken) => At(repo).ListReviewsAsync(repo, number, since, cancellationToken);

    /// <inheritdoc/>
    public Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken) => At(repo).ListChangedAsync(repo, since, cancellationToken);

    /// <inheritdoc/>
    public Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken) => At(repo).FindIssueEditAsync(repo, number, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) =>
        At(repo).ListIssueEventsAsync(repo, on, cancellationToken);

    /// <inheritdoc/>
    public Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken) =>
        At(repo).FindAssignmentAsync(repo, number, assignee, cancellationToken);

    private IForge At(RepoRef repo) => forges.GetValueOrDefault(repo.Forge)
        ?? throw new ForgeRejectedException($"{repo} is on {ForgeTerms.Of(repo).Name}, which this service has no credentials of: set Forge:{repo.Forge}:Token.", HttpStatusCode.NotFound);
}
