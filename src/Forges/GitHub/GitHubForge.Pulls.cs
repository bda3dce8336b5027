using System.Net;
using System.Text.Json;
using CodingAgent.Forges.Events;

namespace CodingAgent.Forges.GitHub;

/// <content>Pull requests, reviews and threads.</content>
public sealed partial class GitHubForge
{
    private const int LongestTitle = 256;

    // The one thing REST cannot do.
    private const string ReadyMutation = "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }";
    private readonly string _graphQlUrl;

    /// <inheritdoc/>
    public async Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        PullOf(await _http.GetAsync(repo, Path(repo, $"/pulls/{number}"), GitHubJson.Default.Pull, cancellationToken));

    /// <inheritdoc/>
    public async Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken)
    {
        var wire = await _http.ListAsync(
            repo, Path(repo, $"/pulls?state=open&head={Escape($"{repo.Owner}:{headBranch}")}"), GitHubJson.Default.ListPull, page => page, cancellationToken);
        // The filter names an owner, not a repository, and an unknown branch filters nothing: look again.
        return wire.Select(PullOf).FirstOrDefault(p => p.Head.Branch == headBranch && repo.Equals(p.Head.Repo));
    }

    /// <inheritdoc/>
    public async Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken)
    {
        var path = Path(repo, "/pulls");
        var wire = new Wire.NewPull(MarkedBody.Cut(pull.Title, LongestTitle), pull.HeadBranch, pull.BaseBranch, MarkedBody.Cut(pull.Body, MarkedBody.LongestBody), Draft: true);
        try
        {
            var reply = await _http.SendAsync(
                new GitHubRequest(HttpMethod.Post, path, repo)
                {
                    Permissions = TokenPermissions.WritePulls,
                    Json = JsonSerializer.Serialize(wire, GitHubJson.Default.NewPull),
                },
                cancellationToken);
            return PullOf(GitHubHttp.Read(reply, path, GitHubJson.Default.Pull));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.UnprocessableEntity)
        {
            // 422 has many reasons; only "it is there already" is answered by finding it.
            return await FindPullByBranchAsync(repo, pull.HeadBranch, cancellationToken) ?? throw new ForgeRejectedException(e.Message, e.Status);
        }
    }

    /// <inheritdoc/>
    public async Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken)
    {
        var edit = new Wire.PullEdit(MarkedBody.Cut(title, LongestTitle), MarkedBody.Cut(body, MarkedBody.LongestBody));
        await _http.SendAsync(
            new GitHubRequest(HttpMethod.Patch, Path(repo, $"/pulls/{number}"), repo)
            {
                Permissions = TokenPermissions.WritePulls,
                Json = JsonSerializer.Serialize(edit, GitHubJson.Default.PullEdit),
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var pull = await _http.GetAsync(repo, Path(repo, $"/pulls/{number}"), GitHubJson.Default.Pull, cancellationToken);
        if (!pull.Draft)
            return;
        var query = new Wire.GraphQlQuery(ReadyMutation, new Wire.GraphQlVariables(pull.NodeId ?? ""));
        var reply = await _http.SendAsync(
            new GitHubRequest(HttpMethod.Post, _graphQlUrl, repo)
            {
                Permissions = TokenPermissions.WritePulls,
                Json = JsonSerializer.Serialize(query, GitHubJson.Default.GraphQlQuery),
            },
            cancellationToken);
        // GraphQL answers 200 and puts its refusals inside.
        if (GitHubHttp.Read(reply, _graphQlUrl, GitHubJson.Default.GraphQlReply).Errors is [{ } error, ..])
        {
            var text = $"Marking {repo.FullName}#{number} ready was refused: {error.Message}";
            throw error.Type == "RATE_LIMITED" ? new ForgeUnavailableException(text) : new ForgeRejectedException(text, HttpStatusCode.UnprocessableEntity);
        }
    }

    /// <inheritdoc/>
    public async Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken)
    {
        var wire = await _http.GetAsync(repo, Path(repo, $"/pulls/{number}/reviews/{reviewId}"), GitHubJson.Default.Review, cancellationToken);
        var state = wire.State switch { "APPROVED" => ReviewState.Approved, "CHANGES_REQUESTED" => ReviewState.ChangesRequested, _ => ReviewState.Commented };
        return new Review(wire.Id, ActorOf(wire.User), state, wire.Body ?? "", wire.CommitId ?? "", wire.SubmittedAt ?? DateTimeOffset.MinValue);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var comments = await ListReviewCommentsAsync(repo, number, cancellationToken);
        // Every answer names the first comment. When that was deleted, the oldest answer stands in for it.
        return comments.GroupBy(RootOf).Select(thread =>
        {
            var ordered = thread.OrderBy(c => c.Id).ToList();
            var root = ordered[0];
            return new ReviewThread(
                thread.Key, root.PullRequestReviewId, root.Path ?? "", root.Line, root.DiffHunk ?? "", ordered.ConvertAll(ThreadCommentOf));
        }).ToList();
    }

    /// <inheritdoc/>
    public async Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body);
        var self = await GetSelfAsync(cancellationToken);
        var existing = (await ListReviewCommentsAsync(repo, number, cancellationToken))
            .FirstOrDefault(c => RootOf(c) == rootCommentId && c.User?.Id == self.Id && MarkedBody.Carries(c.Body ?? "", marker));
        if (existing is not null && existing.Body?.TrimEnd() == text)
            return;
        var (method, path) = existing is null
            ? (HttpMethod.Post, Path(repo, $"/pulls/{number}/comments/{rootCommentId}/replies"))
            : (HttpMethod.Patch, Path(repo, $"/pulls/comments/{existing.Id}"));
        await WriteCommentAsync(repo, method, path, text, cancellationToken);
    }

    private Task<List<Wire.ReviewComment>> ListReviewCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        _http.ListAsync(repo, Path(repo, $"/pulls/{number}/comments"), GitHubJson.Default.ListReviewComment, page => page, cancellationToken);

    private static long RootOf(Wire.ReviewComment comment) => comment.InReplyToId ?? comment.Id;

    private static IssueComment ThreadCommentOf(Wire.ReviewComment wire) =>
        new(wire.Id, ActorOf(wire.User), wire.Body ?? "", wire.CreatedAt, wire.UpdatedAt, WebOf(wire.HtmlUrl));

    private static PullRequest PullOf(Wire.Pull wire) => new(
        wire.Number,
        wire.Title ?? "",
        wire.Body ?? "",
        ActorOf(wire.User),
        HeadOf(wire.Head),
        wire.Base?.Ref ?? "",
        wire.Base?.Sha ?? "",
        wire.Draft,
        wire.State == "open",
        wire.MergedAt is not null,
        WebOf(wire.HtmlUrl));
}
