namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>The pull request half of an <see cref="Issue"/>.</summary>
internal sealed class Pull(long id, Repo? headRepo, string headBranch, string headSha, string baseBranch, string baseSha)
{
    public long Id { get; } = id;

    /// <summary>Where the branch lives; another repository for a fork, null once that was deleted.</summary>
    public Repo? HeadRepo { get; } = headRepo;

    public string HeadBranch { get; } = headBranch;

    public string HeadSha { get; set; } = headSha;

    public string BaseBranch { get; set; } = baseBranch;

    public string BaseSha { get; set; } = baseSha;

    public bool IsDraft { get; set; }

    public Account? MergedBy { get; set; }

    public DateTimeOffset? MergedAt { get; set; }

    public string? MergeCommitSha { get; set; }

    public bool IsMerged => MergedAt is not null;

    public List<Review> Reviews { get; } = [];

    public List<ReviewComment> Comments { get; } = [];
}
