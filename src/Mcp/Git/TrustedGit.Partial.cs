using System.Text;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>True when the mirror has the contents of a commit's files; always so unless it was made by <see cref="TrustedGitOptions.PartialClone"/>.</summary>
    public async Task<bool> HasFilesAsync(GitMirror mirror, string commit, CancellationToken cancellationToken) =>
        !IsPartial(mirror) || (await MissingAsync(mirror, commit, cancellationToken)).Count == 0;

    /// <summary>
    /// Fetches what a commit's files lack in a mirror, all at once; does nothing when they are there. Git is never left to fetch missing
    /// objects by itself: it would do so one by one, in the middle of local commands, and without the credential.
    /// </summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for reading; null for none.</param>
    /// <param name="commit">Commit that will be worked on.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    public async Task CompleteAsync(GitMirror mirror, string cloneUrl, GitCredential? credential, string commit, CancellationToken cancellationToken)
    {
        if (!IsPartial(mirror)) return;
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        var missing = await MissingAsync(mirror, commit, cancellationToken);
        if (missing.Count == 0) return;
        var result = await _git.TryAsync(
            new GitCall(
                mirror.GitDirectory, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--no-filter", "--stdin",
                remote.Url.AbsoluteUri)
            {
                Remote = remote,
                Input = Encoding.ASCII.GetBytes(string.Join('\n', missing) + "\n"),
            },
            cancellationToken);
        if (result.ExitCode != 0) throw GitFailures.Classify("fetch", remote.Url, result.Error);
    }

    private async Task<List<string>> MissingAsync(GitMirror mirror, string commit, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(commit, nameof(commit));
        var output = await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "rev-list", "--objects", "--no-walk", "--missing=print", commit), cancellationToken);
        return [.. Text(output).Split('\n').Where(line => line.StartsWith('?')).Select(line => line[1..].Trim())];
    }

    /// <summary>True when the mirror was fetched without file contents; git marks the packs of such a fetch.</summary>
    private static bool IsPartial(GitMirror mirror) =>
        Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "objects", "pack"), "*.promisor").Any();
}
