namespace CodingAgent.Forges;

/// <summary>Repository facts. Transient trouble surfaces as <see cref="ForgeUnavailableException"/>, refusals as <see cref="ForgeRejectedException"/>.</summary>
public interface IForgeRepositories
{
    /// <summary>The account the product acts as on this repository.</summary>
    Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken);

    /// <summary>The e-mail address by which the forge knows an account's commits, without telling anybody the one it was made with.</summary>
    string GetCommitAddress(RepoRef repo, Actor account);

    /// <summary>Reads a repository.</summary>
    Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken);

    /// <summary>Real access of an account, asked of the forge; <see cref="AccessLevel.None"/> when the forge says no or does not know the account.</summary>
    /// <exception cref="ForgeRejectedException">With <see cref="System.Net.HttpStatusCode.Forbidden"/>: the product's account may not ask.</exception>
    Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken);

    /// <summary>Likewise of one account and no other: where its login is another account's by now, <see cref="AccessLevel.None"/>.</summary>
    /// <exception cref="ForgeRejectedException">With <see cref="System.Net.HttpStatusCode.Forbidden"/>: the product's account may not ask.</exception>
    Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken);

    /// <summary>Reads a text file at a branch or commit; null when absent.</summary>
    Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken);

    /// <summary>Paths of the files that lie directly in a folder at a branch or commit, at most a thousand; the empty path is the root. None where there is no such folder.</summary>
    Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken);

    /// <summary>Commit a branch points at; null when there is no such branch.</summary>
    Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken);

    /// <summary>True when the forge's own rules protect the branch; false when there is no such branch.</summary>
    Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken);

    /// <summary>
    /// Rules of the forge for pushes to a branch, which need not exist yet; whether the product's account is excepted from them the forge does
    /// not say. None where it has no such rules, or does not show them.
    /// </summary>
    Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken);
}

/// <summary>What we need to know of a repository.</summary>
/// <param name="Ref">Which repository.</param>
/// <param name="DefaultBranch">Its default branch; never pushed to.</param>
/// <param name="CloneUrl">HTTP(S) URL of its git endpoint, without credentials.</param>
/// <param name="IsArchived">Archived repositories refuse work.</param>
public sealed record Repository(RepoRef Ref, string DefaultBranch, Uri CloneUrl, bool IsArchived)
{
    /// <summary>The forge's own number of it, which stays when it is renamed or transferred; 0 when the forge does not say.</summary>
    public long Id { get; init; }

    /// <summary>Whether the product's account may push; null when the forge does not say.</summary>
    public bool? MayWrite { get; init; }

    /// <summary>Who may read it; null when the forge does not say.</summary>
    public RepositoryVisibility? Visibility { get; init; }
}

/// <summary>Who may read a repository.</summary>
public enum RepositoryVisibility
{
    /// <summary>Everybody.</summary>
    Public,

    /// <summary>Everybody with an account of the organisation or enterprise.</summary>
    Internal,

    /// <summary>Those who were given access.</summary>
    Private,
}

/// <summary>A rule that refuses pushes.</summary>
public enum PushRule
{
    /// <summary>Commits must be signed.</summary>
    SignedCommits,

    /// <summary>New branches of that name are not to be made.</summary>
    NoNewBranch,

    /// <summary>Nobody pushes to it, or only by a pull request.</summary>
    NoPush,

    /// <summary>Names, messages or authors must be of some form.</summary>
    Form,
}

/// <summary>A file read through the forge's contents API.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="BlobSha">Git blob id.</param>
/// <param name="Text">UTF-8 text.</param>
public sealed record RepositoryFile(string Path, string BlobSha, string Text);

/// <summary>Real access of an account to a repository, in rising order; <see cref="Write"/> and above may trigger work.</summary>
public enum AccessLevel
{
    /// <summary>No access, or the forge could not tell (fails closed).</summary>
    None,

    /// <summary>May read.</summary>
    Read,

    /// <summary>May manage issues but not push.</summary>
    Triage,

    /// <summary>May push.</summary>
    Write,

    /// <summary>May manage the repository short of administration.</summary>
    Maintain,

    /// <summary>Administrator or owner.</summary>
    Admin,
}
