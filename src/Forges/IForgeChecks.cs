namespace CodingAgent.Forges;

/// <summary>CI results on commits.</summary>
public interface IForgeChecks
{
    /// <summary>Check runs and commit statuses on a commit, the newest per name.</summary>
    Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken);

    /// <summary>Makes the bot's check on the commit have this content (a commit status where check runs need an app).</summary>
    Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken);
}
