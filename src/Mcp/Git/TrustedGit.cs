using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

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
    private const int MaxLooseReferences = 1000;
    private const int MaxLooseObjects = 7000;
    private const int MaxPacks = 40;

    private readonly TrustedGitOptions _options;
    private readonly TimeProvider _time;
    private readonly GitProcess _git;
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
    }

    /// <summary>Makes the mirror's branches and tags equal the remote's and returns it; callers of one mirror take turns.</summary>
    /// <param name="repoKey">Stable key of the repository, for example <c>github:owner/name</c>.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for reading; null for none.</param>
    /// <param name="cancellationToken">Kills the git process.</param>
    /// <param name="branches">
    /// Only these branches, and the tags; the others stay as the mirror has them. When one of them cannot be had alone, all are fetched.
    /// Null for all.
    /// </param>
    /// <exception cref="GitRejectedException">The remote said no, uses SHA-256, or holds what must not be read.</exception>
    public async Task<GitMirror> FetchMirrorAsync(
        string repoKey, string cloneUrl, GitCredential? credential, CancellationToken cancellationToken, IReadOnlyList<string>? branches = null)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        foreach (var branch in branches ?? [])
            if (!GitPaths.IsBranchName(branch)) throw new ArgumentException($"'{branch}' is not a branch name.", nameof(branches));
        var mirror = await OpenMirrorAsync(repoKey, cancellationToken);
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        var result = await FetchAsync(mirror, remote, branches ?? ["*"], cancellationToken);
        // A branch that is gone, or whose name another one has taken meanwhile: pruning all of them sorts that out.
        if (result.ExitCode != 0 && branches is not null && GitFailures.Classify("fetch", remote.Url, result.Error) is GitRejectedException)
            result = await FetchAsync(mirror, remote, ["*"], cancellationToken);
        if (result.ExitCode != 0) throw GitFailures.Classify("fetch", remote.Url, result.Error);
        await TidyAsync(mirror, cancellationToken);
        return mirror;
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

    /// <summary>The mirror of a repository as it is on this machine, created empty when it is not there yet; asks no remote.</summary>
    public async Task<GitMirror> OpenMirrorAsync(string repoKey, CancellationToken cancellationToken)
    {
        var mirror = new GitMirror(repoKey, Path.Combine(_mirrors, FolderName(repoKey)));
        // The attributes file is written last: with it the mirror is complete.
        var attributes = Path.Combine(mirror.GitDirectory, "info", "attributes");
        if (File.Exists(attributes)) return mirror;
        using var turn = await MirrorLock.TakeAsync(mirror.GitDirectory, _time, cancellationToken);
        if (File.Exists(attributes)) return mirror;
        if (Directory.Exists(mirror.GitDirectory)) Directory.Delete(mirror.GitDirectory, recursive: true);
        Directory.CreateDirectory(mirror.GitDirectory);
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "init", "--quiet", "--bare", "--template=", "--initial-branch=unborn"), cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(attributes)!);
        // The highest-ranking attributes file: bytes in, bytes out, whatever a repository's own .gitattributes says. No line-ending or
        // encoding conversion, no filter, no diff driver, nothing hidden from diffs by being declared binary.
        var partial = attributes + ".new";
        await File.WriteAllTextAsync(partial, "* -text -eol -ident !filter !diff !merge !working-tree-encoding !export-subst !export-ignore !whitespace\n", cancellationToken);
        File.Move(partial, attributes, overwrite: true);
        return mirror;
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

    private async Task<GitCallResult> FetchAsync(GitMirror mirror, GitRemote remote, IReadOnlyList<string> branches, CancellationToken cancellationToken)
    {
        // Tags come with it: version-from-tag tools need them, and pruning keeps moved and deleted ones true. A shallow origin is taken as it is.
        var call = new GitCall(
            mirror.GitDirectory,
            [
                "fetch", "--quiet", "--prune", "--no-tags", "--force", "--update-shallow", "--no-write-fetch-head", "--no-recurse-submodules",
                "--no-auto-maintenance", .. _options.PartialClone ? new[] { "--filter=blob:none" } : [], remote.Url.AbsoluteUri, .. branches.Select(b => $"+refs/heads/{b}:refs/heads/{b}"), "+refs/tags/*:refs/tags/*",
            ])
        {
            Remote = remote,
        };
        var result = await _git.TryAsync(call, cancellationToken);
        return result.ExitCode != 0 && RemoveStaleLock(mirror.GitDirectory, result.Error) ? await _git.TryAsync(call, cancellationToken) : result;
    }

    /// <summary>
    /// Keeps a mirror quick: tens of thousands of references or loose objects as one file each make every command slow. Nothing is ever
    /// dropped here, because the snapshots of tasks are in no reference.
    /// </summary>
    private async Task TidyAsync(GitMirror mirror, CancellationToken cancellationToken)
    {
        if (Directory.EnumerateFiles(Path.Combine(mirror.GitDirectory, "refs"), "*", SearchOption.AllDirectories).Skip(MaxLooseReferences).Any())
            await _git.RunAsync(new GitCall(mirror.GitDirectory, "pack-refs", "--all"), cancellationToken);
        // git's geometric repack does not know the packs of a partial clone.
        if (IsPartial(mirror)) return;
        var objects = Path.Combine(mirror.GitDirectory, "objects");
        // Object ids are evenly spread, so one of the 256 folders tells how many there are.
        var sample = Path.Combine(objects, "17");
        var many = Directory.Exists(sample) && Directory.EnumerateFiles(sample).Skip(MaxLooseObjects / 256).Any();
        if (!many && !Directory.EnumerateFiles(Path.Combine(objects, "pack"), "*.pack").Skip(MaxPacks).Any()) return;
        // Geometric: small packs and loose objects, reachable or not, are joined; large packs stay. Readers in other processes look again.
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "repack", "-d", "-q", "--geometric=2"), cancellationToken);
    }

    /// <summary>Readable and unique: the key's plain characters and a digest of all of it.</summary>
    private static string FolderName(string repoKey)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(repoKey)))[..16];
        var readable = string.Concat(repoKey.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-'));
        return $"{readable[..Math.Min(readable.Length, 60)]}-{digest}.git";
    }

    /// <summary>
    /// A killed git leaves its lock files behind, and the next fetch would fail for ever. Whoever holds the mirror's turn may clear them.
    /// </summary>
    private static bool RemoveStaleLock(string gitDirectory, string words)
    {
        var match = UnableToLock().Match(words);
        if (!match.Success) return false;
        var path = Path.GetFullPath(Path.Combine(gitDirectory, match.Groups["path"].Value));
        if (!path.StartsWith(gitDirectory + "/", StringComparison.Ordinal) || !File.Exists(path)) return false;
        File.Delete(path);
        return true;
    }

    /// <summary>Git's output with paths in it, byte for byte (<see cref="GitText"/>).</summary>
    private static string Text(byte[] bytes) => GitText.Decode(bytes);

    [GeneratedRegex(@"Unable to create '(?<path>[^'\n]+\.lock)': File exists", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UnableToLock();
}
