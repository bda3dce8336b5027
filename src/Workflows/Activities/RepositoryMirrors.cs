using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;

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
