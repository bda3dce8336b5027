using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    // A view may be mounted under running commands for as long as an agent's segment or a check lasts, without being asked for again.
    private static readonly TimeSpan ViewRest = TimeSpan.FromHours(6);

    // What a developer's checkout would say, but: files are compared byte for byte as snapshots take them, by size and second only
    // (copying a tree changes inodes and status times), and nothing is tidied up in the background.
    private const string ViewConfig =
        """
        [core]
        	repositoryformatversion = 0
        	bare = false
        	fileMode = true
        	symlinks = true
        	ignoreCase = false
        	checkStat = minimal
        	trustctime = false
        	autocrlf = false
        [gc]
        	auto = 0
        [maintenance]
        	auto = false

        """;

    private const string ViewAttributes = "* -text -eol -ident !filter !working-tree-encoding\n";

    /// <summary>
    /// A folder that holds only <c>.git</c>, for a checkout of the base commit inside a sandbox: what is reachable from that commit and from
    /// the tags in its history, and nothing else (no other branch, no pull request, no reflog, no remote, no link to the mirror). Trusted git
    /// never reads it, so whatever is done to it there has no effect on the mirror.
    /// </summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="baseSha">The commit that HEAD is at.</param>
    /// <param name="branch">Branch that HEAD is on, best the base branch, so that tasks share the view; null for a detached HEAD.</param>
    /// <param name="cancellationToken">Stops; a half-made view is not found again.</param>
    /// <returns>The folder: owned by the workspace owner, cached, read-only for the caller (a lower layer of an overlay, or to be copied).</returns>
    /// <exception cref="GitRejectedException">The commit is not in the mirror.</exception>
    public async Task<string> GitViewAsync(
        GitMirror mirror, string baseSha, string? branch, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        if (branch is not null && !GitPaths.IsBranchName(branch)) throw new ArgumentException($"'{branch}' is not a branch name.", nameof(branch));
        var folder = Directory.CreateDirectory(Path.Combine(_views, Path.GetFileName(mirror.GitDirectory))).FullName;
        var head = branch is null ? "detached" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(branch)))[..8];
        var view = Path.Combine(folder, $"{baseSha}-{head}");
        using var turn = await MirrorLock.TakeAsync(folder, _time, cancellationToken);
        if (!await UseViewAsync(view, cancellationToken))
        {
            if (await ResolveAsync(mirror, baseSha, cancellationToken) is null)
                throw new GitRejectedException(GitRejection.NotFound, $"Commit {baseSha} is not in the mirror of {mirror.RepoKey}.");
            var partial = Path.Combine(folder, "new");
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            await MakeViewAsync(mirror, baseSha, branch, Path.Combine(partial, ".git"), cancellationToken);
            GiveAway(partial);
            Directory.Move(partial, view);
            await UseViewAsync(view, cancellationToken);
        }

        return view;
    }

    private async Task MakeViewAsync(GitMirror mirror, string baseSha, string? branch, string target, CancellationToken cancellationToken)
    {
        foreach (var folder in new[] { "objects/pack", "objects/info", "refs/heads", "refs/tags", "info" })
            Directory.CreateDirectory(Path.Combine(target, folder));
        await File.WriteAllTextAsync(Path.Combine(target, "HEAD"), branch is null ? $"{baseSha}\n" : $"ref: refs/heads/{branch}\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(target, "config"), ViewConfig, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(target, "info", "attributes"), ViewAttributes, cancellationToken);

        var tags = await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "for-each-ref", $"--merged={baseSha}", "--format=%(objectname) %(refname)", "refs/tags"), cancellationToken);
        var lines = branch is null ? tags : [.. Encoding.UTF8.GetBytes($"{baseSha} refs/heads/{branch}\n"), .. tags];
        if (lines.Length > 0) await File.WriteAllBytesAsync(Path.Combine(target, "packed-refs"), lines, cancellationToken);

        // One pack of exactly what is reachable; the mirror's own deltas are taken over where both sides are in it.
        var wanted = Text(tags).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.IndexOf(' ', StringComparison.Ordinal)]);
        await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "pack-objects", "--quiet", "--revs", "--delta-base-offset", "--missing=allow-promisor", Path.Combine(target, "objects/pack/pack"))
            {
                Input = Encoding.ASCII.GetBytes(string.Join('\n', wanted.Prepend(baseSha)) + "\n"),
            },
            cancellationToken);
        await CopyShallowAsync(mirror, target, cancellationToken);
        await _git.RunAsync(new GitCall(target, "read-tree", baseSha), cancellationToken);
        // Where contents stand in place of pointers, commands are not told that all of them changed.
        var pointers = await LfsFilesAsync(mirror, baseSha, cancellationToken);
        if (pointers.Count > 0)
            await _git.RunAsync(new GitCall(target, "update-index", "--assume-unchanged", "-z", "--stdin") { Input = Zipped(pointers.Select(p => p.Path)), WorkTree = Path.GetDirectoryName(target)! }, cancellationToken);
    }

    /// <summary>Where a shallow mirror's history ends, as far as the view has those commits.</summary>
    private async Task CopyShallowAsync(GitMirror mirror, string target, CancellationToken cancellationToken)
    {
        var file = Path.Combine(mirror.GitDirectory, "shallow");
        if (!File.Exists(file)) return;
        var ends = await File.ReadAllBytesAsync(file, cancellationToken);
        var found = Text(await _git.RunAsync(new GitCall(target, "cat-file", "--batch-check=%(objectname)") { Input = ends }, cancellationToken));
        var kept = found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(GitPaths.IsObjectId).ToList();
        if (kept.Count > 0) await File.WriteAllTextAsync(Path.Combine(target, "shallow"), string.Join('\n', kept) + "\n", cancellationToken);
    }

    /// <summary>Marks a view as used, if it is there, and lets the least recently used ones go.</summary>
    private async Task<bool> UseViewAsync(string view, CancellationToken cancellationToken)
    {
        using var turn = await MirrorLock.TakeAsync(_views, _time, cancellationToken);
        if (!Directory.Exists(view)) return false;
        var now = _time.GetUtcNow().UtcDateTime;
        Directory.SetLastWriteTimeUtc(view, now);
        var idle = Directory.EnumerateDirectories(_views).SelectMany(Directory.EnumerateDirectories)
            .Where(v => Path.GetFileName(v) != "new")
            .Select(v => (Path: v, Used: Directory.GetLastWriteTimeUtc(v)))
            .OrderByDescending(v => v.Used)
            .Skip(_options.MaxGitViews)
            .Where(v => now - v.Used > ViewRest);
        foreach (var (path, _) in idle.ToList()) Directory.Delete(path, recursive: true);
        return true;
    }

    /// <summary>Makes a folder of ours the workspace owner's; nobody else has seen it yet.</summary>
    private void GiveAway(string folder)
    {
        if (_options.WorkspaceOwner is not { } owner) return;
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            if (Libc.ChangeOwnerAt(Libc.CurrentDirectory, path, (uint)owner.Uid, (uint)owner.Gid, Libc.SymlinkNoFollow) != 0)
                throw new GitFailedException($"{path} cannot be given to user {owner.Uid}: error {System.Runtime.InteropServices.Marshal.GetLastPInvokeError()}.");
        }
    }
}
