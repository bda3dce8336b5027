namespace CodingAgent.Mcp.Git;

/// <summary>
/// Git as the service itself uses it: mirrors, workspaces, snapshots, commits and pushes. The git directory and the index lie outside the
/// workspace, and nothing in a workspace is ever run, followed or taken for configuration (architecture.md §5).
/// </summary>
/// <remarks>
/// Methods are safe for parallel callers; snapshots and restores of one workspace must not overlap with a command running in it.
/// Failures are typed: <see cref="GitUnavailableException"/> may be retried, <see cref="GitRejectedException"/> is final,
/// <see cref="GitFailedException"/> is local trouble.
/// </remarks>
public sealed partial class TrustedGit
{
    private readonly TrustedGitOptions _options;
    private readonly TimeProvider _time;
    private readonly GitProcess _git;
    private readonly CommitSigner? _signer;
    private readonly string _mirrors;
    private readonly string _workspaces;
    private readonly string _indexes;
    private readonly string _views;

    /// <summary>Prepares the root folder.</summary>
    public TrustedGit(TrustedGitOptions options, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Workspaces need Linux: their walls are its namespaces and ownership.");
        _options = options;
        _time = time;
        var root = Path.GetFullPath(options.Root);
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _mirrors = Directory.CreateDirectory(Path.Combine(root, "mirrors")).FullName;
        _workspaces = Directory.CreateDirectory(Path.Combine(root, "workspaces")).FullName;
        _indexes = Directory.CreateDirectory(Path.Combine(root, "indexes")).FullName;
        _views = Directory.CreateDirectory(Path.Combine(root, "views")).FullName;
        var home = Directory.CreateDirectory(Path.Combine(root, "home")).FullName;
        _git = new GitProcess(options, home, time);
        _signer = options.Signing is { } signing ? new CommitSigner(signing, time) : null;
    }

    /// <summary>
    /// The branch of the remote whose name does not let <paramref name="branch"/> exist (<c>a</c> for <c>a/b</c>, or the other way round);
    /// null when there is none. Asked before work begins, it saves finding out at the push.
    /// </summary>
    /// <param name="mirror">Mirror of the repository; not changed.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for reading; null for none.</param>
    /// <param name="branch">Branch that is to be created.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    public async Task<string?> BranchInTheWayAsync(
        GitMirror mirror, string cloneUrl, GitCredential? credential, string branch, CancellationToken cancellationToken)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        if (!GitPaths.IsBranchName(branch)) throw new ArgumentException($"'{branch}' is not a branch name.", nameof(branch));
        var result = await _git.TryAsync(
            new GitCall(mirror.GitDirectory, "ls-remote", "--quiet", "--heads", remote.Url.AbsoluteUri) { Remote = remote }, cancellationToken);
        if (result.ExitCode != 0) throw GitFailures.Classify("ls-remote", remote.Url, result.Error);
        return Text(result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..])
            .Where(name => name.StartsWith("refs/heads/", StringComparison.Ordinal))
            .Select(name => name["refs/heads/".Length..])
            .FirstOrDefault(other =>
                branch.StartsWith(other + "/", StringComparison.Ordinal) || other.StartsWith(branch + "/", StringComparison.Ordinal));
    }

    /// <summary>The commit a branch of the mirror is at, or a full commit id that the mirror holds; null when there is none.</summary>
    public async Task<string?> ResolveAsync(GitMirror mirror, string branchOrSha, CancellationToken cancellationToken)
    {
        if (!GitPaths.IsObjectId(branchOrSha) && !GitPaths.IsBranchName(branchOrSha)) return null;
        var name = GitPaths.IsObjectId(branchOrSha) ? branchOrSha : $"refs/heads/{branchOrSha}";
        var result = await _git.TryAsync(
            new GitCall(mirror.GitDirectory, "rev-parse", "--verify", "--quiet", "--end-of-options", $"{name}^{{commit}}"), cancellationToken);
        return result.ExitCode == 0 ? Text(result.Output).Trim() : null;
    }

    /// <summary>True when <paramref name="ancestor"/> is <paramref name="descendant"/> or in its history.</summary>
    public async Task<bool> IsAncestorAsync(GitMirror mirror, string ancestor, string descendant, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(ancestor, nameof(ancestor));
        GitPaths.RequireObjectId(descendant, nameof(descendant));
        var result = await _git.TryAsync(new GitCall(mirror.GitDirectory, "merge-base", "--is-ancestor", ancestor, descendant), cancellationToken);
        return result.ExitCode switch
        {
            0 => true,
            1 => false,
            _ => throw new GitFailedException($"git merge-base failed: {GitProcess.Tail(result.Error)}"),
        };
    }

    /// <summary>
    /// Moves a branch of the remote from <paramref name="expectedOldSha"/> to <paramref name="sha"/>, or creates it when the expectation is null.
    /// Fast-forward only; pushing what is already there succeeds, so a retry is harmless.
    /// </summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for writing.</param>
    /// <param name="sha">Commit to push.</param>
    /// <param name="branch">Branch name without <c>refs/heads/</c>.</param>
    /// <param name="expectedOldSha">Where the branch must be now; null when it must not exist.</param>
    /// <param name="defaultBranch">The repository's default branch, which is never pushed to.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    /// <exception cref="GitRejectedException">A rule of ours or the remote said no.</exception>
    public async Task PushAsync(
        GitMirror mirror, string cloneUrl, GitCredential? credential, string sha, string branch, string? expectedOldSha, string defaultBranch, CancellationToken cancellationToken)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        GitPaths.RequireObjectId(sha, nameof(sha));
        if (!GitPaths.IsBranchName(branch)) throw new ArgumentException($"'{branch}' is not a branch name.", nameof(branch));
        if (string.IsNullOrWhiteSpace(defaultBranch)) throw new ArgumentException("The default branch must be known before anything is pushed.", nameof(defaultBranch));
        if (string.Equals(branch, defaultBranch, StringComparison.OrdinalIgnoreCase))
            throw new GitRejectedException(GitRejection.DefaultBranch, $"'{branch}' is the default branch; it is never pushed to.");
        if (await ResolveAsync(mirror, sha, cancellationToken) is null)
            throw new GitRejectedException(GitRejection.NotFound, $"Commit {sha} is not in the mirror.");
        if (expectedOldSha is not null)
        {
            GitPaths.RequireObjectId(expectedOldSha, nameof(expectedOldSha));
            if (await ResolveAsync(mirror, expectedOldSha, cancellationToken) is null)
                throw new GitRejectedException(GitRejection.NotFound, $"Commit {expectedOldSha}, where '{branch}' should be, is not in the mirror.");
            if (!await IsAncestorAsync(mirror, expectedOldSha, sha, cancellationToken))
                throw new GitRejectedException(GitRejection.NotFastForward, $"{sha} does not descend from {expectedOldSha}; '{branch}' is never forced.");
        }

        var result = await _git.TryAsync(
            new GitCall(
                mirror.GitDirectory,
                "push", "--quiet", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
                $"--force-with-lease=refs/heads/{branch}:{expectedOldSha}", remote.Url.AbsoluteUri, $"{sha}:refs/heads/{branch}")
            {
                Remote = remote,
            },
            cancellationToken);
        // --porcelain puts the verdict about the branch on standard output.
        if (result.ExitCode != 0) throw GitFailures.Classify("push", remote.Url, Text(result.Output) + result.Error);
    }

    /// <summary>Git's output with paths in it, byte for byte (<see cref="GitText"/>).</summary>
    private static string Text(byte[] bytes) => GitText.Decode(bytes);
}
