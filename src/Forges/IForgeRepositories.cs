namespace CodingAgent.Forges;

/// <summary>Repository facts. Transient trouble surfaces as <see cref="ForgeUnavailableException"/>, refusals as <see cref="ForgeRejectedException"/>.</summary>
public interface IForgeRepositories
{
    /// <summary>The account the product acts as.</summary>
    Task<Actor> GetSelfAsync(CancellationToken cancellationToken);

    /// <summary>Reads a repository.</summary>
    Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken);

    /// <summary>Real access of an account, asked of the forge; <see cref="AccessLevel.None"/> when the forge says no or does not know.</summary>
    Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken);

    /// <summary>Reads a text file at a branch or commit; null when absent.</summary>
    Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken);

    /// <summary>Commit a branch points at; null when there is no such branch.</summary>
    Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken);
}
