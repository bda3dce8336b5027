namespace CodingAgent.Forges;

/// <summary>Pull requests and reviews. There is no merge and no force push here, by design.</summary>
public interface IForgePulls
{
    /// <summary>Reads a pull request.</summary>
    Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>The open pull request from this branch of the same repository, if any.</summary>
    Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken);

    /// <summary>Opens a draft, or returns the open one that already exists for the branch (GitHub answers 422 then).</summary>
    Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken);

    /// <summary>Replaces title and body.</summary>
    Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken);

    /// <summary>Takes the draft state off; a no-op when it is off.</summary>
    Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>Reads one submitted review.</summary>
    Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken);

    /// <summary>All line comment threads.</summary>
    Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken);

    /// <summary>Makes the bot's reply with this marker exist in the thread.</summary>
    Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken);
}
