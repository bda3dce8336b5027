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

    /// <summary>Whether a merge deletes the branch, as GitLab keeps it with the merge request.</summary>
    public bool RemovesSourceBranch { get; set; }

    /// <summary>Whoever was asked for a review or gave one, as GitLab keeps them.</summary>
    public List<Reviewer> Reviewers { get; } = [];

    public List<Approval> Approvals { get; } = [];

    /// <summary>Each head it had, oldest first.</summary>
    public List<DiffVersion> Versions { get; } = [];

    public List<Review> Reviews { get; } = [];

    public List<ReviewComment> Comments { get; } = [];
}

/// <summary>A reviewer of a merge request; <see cref="State"/> is one of GitLab's words, <c>unreviewed</c> at first.</summary>
internal sealed class Reviewer(Account account, DateTimeOffset createdAt)
{
    public Account Account { get; } = account;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public string State { get; set; } = "unreviewed";
}

/// <summary>An approval of a merge request.</summary>
internal sealed record Approval(Account By, DateTimeOffset At);

/// <summary>A head of a merge request with what it was compared to.</summary>
internal sealed record DiffVersion(long Id, string HeadSha, string BaseSha, string StartSha, DateTimeOffset CreatedAt);
