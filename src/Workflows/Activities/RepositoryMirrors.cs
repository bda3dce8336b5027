using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// Gives activities a local mirror that holds what they name. Ids cross workers, paths never do: a worker that lacks an object fetches it
/// from the forge or unpacks it from the artifact store.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="forge">Forge, for clone URLs.</param>
/// <param name="tokens">Credentials; used here and in the applier only.</param>
/// <param name="artifacts">Packs.</param>
public sealed class RepositoryMirrors(TrustedGit git, IForgeRepositories forge, ITokenSource tokens, IArtifactStore artifacts)
{
    private const int MostReasons = 5;
    private const int MostNames = 5;

    /// <summary>A mirror that holds the commit, and the contents of its files.</summary>
    public async Task<GitMirror> WithCommitAsync(RepoRef repo, string sha, CancellationToken cancellationToken)
    {
        var mirror = await git.OpenMirrorAsync(repo.ToString(), cancellationToken);
        var known = await git.ResolveAsync(mirror, sha, cancellationToken) is not null;
        if (known && await git.HasFilesAsync(mirror, sha, cancellationToken))
            return mirror;
        var (url, credential, defaultBranch) = await RemoteAsync(repo, cancellationToken);
        // Work starts from the default branch nearly always; a repository's other branches, which may be tens of thousands, wait until asked for.
        foreach (var branches in new IReadOnlyList<string>?[] { [defaultBranch], null })
        {
            if (!known)
                mirror = await git.FetchMirrorAsync(repo.ToString(), url, credential, cancellationToken, branches);
            known = await git.ResolveAsync(mirror, sha, cancellationToken) is not null;
            if (!known)
                continue;
            await git.CompleteAsync(mirror, url, credential, sha, cancellationToken);
            return mirror;
        }

        throw new GitRejectedException(GitRejection.NotFound, $"Commit {sha} is no longer in {repo.FullName}; was its branch force-pushed or deleted?");
    }

    /// <summary>
    /// What workspaces of a commit show beside its own files, fetched where this worker lacks it: contents of Git LFS files where the policy
    /// allows, submodules where set-up asks; and what of it could not be had, a line each.
    /// </summary>
    /// <exception cref="GitRejectedException">A submodule cannot be had; the message names it.</exception>
    public async Task<(OutsideContents Contents, IReadOnlyList<string> Notes)> OutsideAsync(
        RepoRef repo, GitMirror mirror, string sha, RepositoryPolicy policy, RepositoryBuild build, CancellationToken cancellationToken)
    {
        if (!policy.Sandbox.Lfs && build.Submodules is null)
            return (OutsideContents.None, []);
        var (url, credential, _) = await RemoteAsync(repo, cancellationToken);
        var lfs = policy.Sandbox.Lfs ? await git.FetchLfsAsync(mirror, url, credential, sha, cancellationToken) : LfsContents.None;
        var submodules = build.Submodules is { } asked
            ? await git.FetchSubmodulesAsync(
                mirror, url, sha, asked.Paths, asked.Recursive, (address, ct) => CredentialAsync(repo, new Uri(url), address, ct), cancellationToken)
            : [];
        return (new OutsideContents(lfs.Files, submodules), Notes(lfs));
    }

    private static IReadOnlyList<string> Notes(LfsContents lfs) =>
    [
        .. lfs.Missing.GroupBy(m => m.Reason, StringComparer.Ordinal).Take(MostReasons).Select(g =>
            $"{Markdown.Count(g.Count(), "file")} kept in Git LFS could not be fetched, and commands see the pointer: {string.Join(", ", g.Take(MostNames).Select(m => m.Path))}{(g.Count() > MostNames ? " and others" : "")} ({g.Key})"),
    ];

    /// <summary>A credential for a submodule: only for a repository of the same owner on the same forge, where the source can give one.</summary>
    private async Task<GitCredential?> CredentialAsync(RepoRef repo, Uri own, Uri address, CancellationToken cancellationToken)
    {
        if (address.GetLeftPart(UriPartial.Authority) != own.GetLeftPart(UriPartial.Authority) || address.IsFile)
            return null;
        var path = address.AbsolutePath.Trim('/');
        if (!RepoRef.TryParse($"{repo.Forge}:{(path.EndsWith(".git", StringComparison.Ordinal) ? path[..^4] : path)}", out var theirs) || !theirs.Owner.Equals(repo.Owner, StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            var token = await tokens.GetTokenAsync(theirs, "fetch", TokenPermissions.Read, cancellationToken);
            return new GitCredential(token.Username, token.Secret);
        }
        catch (ForgeRejectedException)
        {
            return null;
        }
    }

    /// <summary>
    /// The forge's branch whose name keeps <paramref name="branch"/> from being created (<c>a</c> and <c>a/b</c> cannot both exist); null
    /// when there is none. To be asked before a model is paid; <see cref="GitFailures.InTheWayMessage"/> has the words.
    /// </summary>
    public async Task<string?> BranchInTheWayAsync(RepoRef repo, string branch, CancellationToken cancellationToken)
    {
        var mirror = await git.OpenMirrorAsync(repo.ToString(), cancellationToken);
        var (url, credential, _) = await RemoteAsync(repo, cancellationToken);
        return await git.BranchInTheWayAsync(mirror, url, credential, branch, cancellationToken);
    }

    private async Task<(string Url, GitCredential Credential, string DefaultBranch)> RemoteAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        var repository = await forge.GetRepositoryAsync(repo, cancellationToken);
        var token = await tokens.GetTokenAsync(repo, "fetch", TokenPermissions.Read, cancellationToken);
        return (repository.CloneUrl.AbsoluteUri, new GitCredential(token.Username, token.Secret), repository.DefaultBranch);
    }

    /// <summary>The snapshot's tree, made present in the mirror; the base commit's tree when there is no snapshot.</summary>
    public async Task<string> TreeAsync(GitMirror mirror, string baseSha, string? snapshot, CancellationToken cancellationToken)
    {
        if (snapshot is null)
            return await git.TreeOfAsync(mirror, baseSha, cancellationToken);
        var reference = SnapshotRef.Parse(snapshot);
        if (reference.PackId is { } packId && !await git.ContainsAsync(mirror, reference.TreeId, cancellationToken))
        {
            var pack = await artifacts.GetAsync(packId, cancellationToken)
                ?? throw new InvalidOperationException($"Artifact {packId} with a workspace snapshot is gone.");
            await git.UnpackAsync(mirror, pack, reference.TreeId, cancellationToken);
        }

        return reference.TreeId;
    }
}

/// <summary>Names of workspace folders: one per attempt, so that an old attempt that is still alive cannot touch a new one's files.</summary>
internal static class WorkspaceIds
{
    public static string Of(string key, int attempt) => string.Create(
        CultureInfo.InvariantCulture, $"w-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24]}-{attempt}");
}

/// <summary>Stores records in the artifact store: what is too large, or too outside, to lie in a workflow history.</summary>
internal static class ArtifactJson
{
    public static Task<string> PutJsonAsync<T>(this IArtifactStore artifacts, T value, CancellationToken cancellationToken) =>
        artifacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(value), cancellationToken);

    public static async Task<T> GetJsonAsync<T>(this IArtifactStore artifacts, string id, CancellationToken cancellationToken)
        where T : class
    {
        var bytes = await artifacts.GetAsync(id, cancellationToken) ?? throw new InvalidOperationException($"Artifact {id} is gone.");
        return JsonSerializer.Deserialize<T>(bytes) ?? throw new InvalidOperationException($"Artifact {id} is empty.");
    }
}
