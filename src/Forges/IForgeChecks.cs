namespace CodingAgent.Forges;

/// <summary>CI results on commits.</summary>
public interface IForgeChecks
{
    /// <summary>Check runs and commit statuses on a commit, the newest per name.</summary>
    Task<IReadOnlyList<CiResult>> GetCiAsync(RepoRef repo, string sha, CancellationToken cancellationToken);

    /// <summary>Makes the bot's check on the commit have this content (a commit status where check runs need an app).</summary>
    Task EnsureCheckAsync(RepoRef repo, EvidenceCheck check, CancellationToken cancellationToken);
}

/// <summary>One check run or commit status on a commit; the newest per name.</summary>
/// <param name="Name">Check run name or status context.</param>
/// <param name="State">Outcome so far.</param>
/// <param name="IsOurs">True for what this bot itself reported (its evidence check), which never counts towards green.</param>
/// <param name="Summary">Short output text, for the fixer; untrusted.</param>
/// <param name="DetailsUrl">Log page, when given.</param>
public sealed record CiResult(string Name, CiState State, bool IsOurs, string Summary, Uri? DetailsUrl);

/// <summary>Outcome of one check or status.</summary>
public enum CiState
{
    /// <summary>Queued or running.</summary>
    Pending,

    /// <summary>Concluded successfully (success, neutral or skipped).</summary>
    Passed,

    /// <summary>Concluded any other way: failure, error, timed out, cancelled, action required, stale.</summary>
    Failed,
}

/// <summary>The check run that carries the gates' results.</summary>
/// <param name="Name">Check name, e.g. <c>coding-agent/evidence</c>.</param>
/// <param name="HeadSha">Commit it is about.</param>
/// <param name="Conclusion">Outcome.</param>
/// <param name="Title">One line.</param>
/// <param name="Summary">Markdown.</param>
public sealed record EvidenceCheck(string Name, string HeadSha, CiState Conclusion, string Title, string Summary);
