namespace CodingAgent.Forges;

/// <summary>Commits that the forge makes itself, and signs. Offered where <see cref="SignsCommits"/> says so; elsewhere the others throw <see cref="NotSupportedException"/>.</summary>
public interface IForgeCommits
{
    /// <summary>Whether the forge signs what the product's account makes through its API.</summary>
    bool SignsCommits(RepoRef repo);

    /// <summary>
    /// Makes a commit of objects that the forge holds; no branch leads to it. Author, committer and date are the forge's to choose, so the same
    /// asked twice makes two.
    /// </summary>
    /// <exception cref="ForgeUnavailableException">Also where the forge does not see yet what was pushed a moment ago.</exception>
    Task<MadeCommit> MakeCommitAsync(RepoRef repo, NewCommit commit, CancellationToken cancellationToken);

    /// <summary>Makes a branch, or moves it forward; never by force, and never the default branch.</summary>
    /// <param name="repo">Repository.</param>
    /// <param name="move">What, from where, to where.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when the branch is there; false when somebody else moved, made or deleted it meanwhile.</returns>
    Task<bool> MoveBranchAsync(RepoRef repo, BranchMove move, CancellationToken cancellationToken);
}

/// <summary>A commit to make.</summary>
/// <param name="Tree">Tree id.</param>
/// <param name="Parents">Ids of its parents, the first one first.</param>
/// <param name="Message">Whole message.</param>
public sealed record NewCommit(string Tree, IReadOnlyList<string> Parents, string Message);

/// <summary>A commit that the forge made, as it answered.</summary>
/// <param name="Sha">Its id.</param>
/// <param name="Commit">What it holds.</param>
/// <param name="IsVerified">Whether the forge shows it as verified.</param>
/// <param name="Reason">Why not, in the forge's word, such as <c>unsigned</c>.</param>
public sealed record MadeCommit(string Sha, NewCommit Commit, bool IsVerified, string Reason);

/// <summary>Where a branch goes.</summary>
/// <param name="Branch">Its name, without <c>refs/heads/</c>.</param>
/// <param name="From">Where it must be now; null when it must not exist.</param>
/// <param name="To">The commit.</param>
/// <param name="DefaultBranch">The repository's default branch, which is never moved.</param>
public sealed record BranchMove(string Branch, string? From, string To, string DefaultBranch);
