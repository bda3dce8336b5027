using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const string Submodule = "160000";

    /// <summary>Creates a workspace with the files of a commit, or of a snapshot taken on top of it.</summary>
    /// <param name="mirror">Mirror that holds the objects.</param>
    /// <param name="baseSha">Commit the work starts from.</param>
    /// <param name="treeId">Snapshot to start with; null for the base itself.</param>
    /// <param name="workspaceId">Unique per attempt: letters, digits, dots, dashes and underscores.</param>
    /// <param name="cancellationToken">Stops; a half-made folder is replaced next time.</param>
    /// <remarks>An existing folder of that id is replaced.</remarks>
    public async Task<Workspace> CreateWorkspaceAsync(
        GitMirror mirror, string baseSha, string? treeId, string workspaceId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        var workspace = new Workspace(workspaceId, FolderOf(workspaceId), mirror.GitDirectory, Path.Combine(_indexes, workspaceId), baseSha);
        await RemoveWorkspaceAsync(workspaceId, cancellationToken);
        if (await ResolveAsync(mirror, baseSha, cancellationToken) is null)
            throw new GitRejectedException(GitRejection.NotFound, $"Commit {baseSha} is not in the mirror of {mirror.RepoKey}.");
        Directory.CreateDirectory(workspace.RootPath);
        await KeepBaseIgnoresAsync(workspace, cancellationToken);
        await RestoreAsync(workspace, treeId ?? await TreeOfAsync(mirror, baseSha, cancellationToken), cancellationToken);
        return workspace;
    }

    /// <summary>
    /// Takes a developer's own working copy as a workspace, on top of its checked-out commit; its files stay where and as they are, and its
    /// own index is not touched. Needs <see cref="TrustedGitOptions.AllowFileProtocol"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The folder is not the root of a git working copy with a commit.</exception>
    public async Task<Workspace> AdoptWorkspaceAsync(string folder, string workspaceId, CancellationToken cancellationToken)
    {
        FolderOf(workspaceId);
        var head = await _git.TryAsync(new GitCall(Path.Combine(folder, ".git"), "rev-parse", "--verify", "--quiet", "HEAD^{commit}") { At = folder }, cancellationToken);
        if (head.ExitCode != 0) throw new ArgumentException($"{folder} is not the root of a git working copy with a commit.", nameof(folder));
        var sha = Text(head.Output).Trim();
        var mirror = await OpenMirrorAsync(folder, cancellationToken);
        var remote = GitRemote.Parse(folder, null, _options.AllowFileProtocol);
        var fetch = new GitCall(mirror.GitDirectory, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", remote.Url.AbsoluteUri, "+HEAD:refs/heads/adopted")
        {
            Remote = remote,
        };
        var result = await _git.TryAsync(fetch, cancellationToken);
        if (result.ExitCode != 0) throw GitFailures.Classify("fetch", remote.Url, result.Error);
        var workspace = new Workspace(workspaceId, folder, mirror.GitDirectory, Path.Combine(_indexes, workspaceId), sha);
        await KeepBaseIgnoresAsync(workspace, cancellationToken);
        await _git.RunAsync(Call(workspace, "read-tree", sha), cancellationToken);
        return workspace;
    }

    /// <summary>Deletes a workspace; nothing happens when there is none.</summary>
    public async Task RemoveWorkspaceAsync(string workspaceId, CancellationToken cancellationToken)
    {
        await RemoveFolderAsync(FolderOf(workspaceId), cancellationToken);
        await RemoveFolderAsync(IgnoresOf(workspaceId), cancellationToken);
        File.Delete(Path.Combine(_indexes, workspaceId));
        File.Delete(Path.Combine(_indexes, workspaceId + ".lock"));
    }

    /// <summary>
    /// Writes the workspace's content as a tree. Files that the base's ignore rules cover are left out unless they are tracked; files are
    /// taken byte for byte, links as links. Anything called <c>.git</c>, nested repositories' insides included, is never entered.
    /// </summary>
    public async Task<WorkspaceSnapshot> SnapshotAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var skipped = new List<SkippedPath>();
        var tracked = await TrackedAsync(workspace, cancellationToken);
        var found = Enumerate(workspace, skipped, cancellationToken);

        var submodules = tracked.Where(t => t.Mode == Submodule).Select(t => t.Path).ToHashSet(StringComparer.Ordinal);
        var known = tracked.Where(t => t.Mode != Submodule).Select(t => t.Path).ToHashSet(StringComparer.Ordinal);
        var inside = found.Where(f => submodules.Any(s => f == s || f.StartsWith(s + "/", StringComparison.Ordinal))).ToHashSet(StringComparer.Ordinal);
        skipped.AddRange(inside.Select(f => new SkippedPath(f, "it lies in a submodule")));
        var unknown = found.Where(f => !known.Contains(f) && !inside.Contains(f)).ToList();
        var ignored = await IgnoredAsync(workspace, unknown, cancellationToken);

        var present = found.ToHashSet(StringComparer.Ordinal);
        var gone = known.Where(k => !present.Contains(k)).ToList();
        var kept = found.Where(f => !inside.Contains(f) && !ignored.Contains(f)).ToList();
        if (gone.Count > 0) await UpdateIndexAsync(workspace, ["--force-remove"], gone, cancellationToken);
        if (kept.Count > 0) await UpdateIndexAsync(workspace, ["--add", "--remove", "--replace"], kept, cancellationToken);
        var tree = await _git.RunAsync(Call(workspace, "write-tree"), cancellationToken);
        return new WorkspaceSnapshot(Text(tree).Trim(), skipped);
    }

    /// <summary>Makes the workspace hold exactly a tree's files; ignored and untracked files are removed too.</summary>
    public async Task RestoreAsync(Workspace workspace, string treeId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        // Emptied first: nothing planted can stand in the way of a checkout or be written through. The folder itself stays, it may be bound.
        await EmptyFolderAsync(workspace.RootPath, cancellationToken);
        File.Delete(workspace.IndexFile);
        File.Delete(workspace.IndexFile + ".lock");
        await _git.RunAsync(Call(workspace, "read-tree", treeId), cancellationToken);
        await _git.RunAsync(Call(workspace, "checkout-index", "--all", "--force", "--index", "--quiet"), cancellationToken);
        if (_options.WorkspaceOwner is { } owner)
        {
            await HostToolAsync("chown", ["-hR", $"{owner.Uid}:{owner.Gid}", "--", workspace.RootPath], cancellationToken);
            // Changing owners changed the files' status times; refreshing the index keeps the next snapshot from reading every file again.
            await _git.TryAsync(Call(workspace, "update-index", "-q", "--refresh"), cancellationToken);
        }
    }

    private static GitCall Call(Workspace workspace, params string[] arguments) =>
        new(workspace.GitDirectory, arguments) { WorkTree = workspace.RootPath, IndexFile = workspace.IndexFile };

    private List<string> Enumerate(Workspace workspace, List<SkippedPath> skipped, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var folder = new WorkspaceFolder(workspace.RootPath, _options.WorkspaceOwner);
        foreach (var entry in folder.Walk("", path => !GitPaths.IsGitName(path[(path.LastIndexOf('/') + 1)..]), cancellationToken))
        {
            var reason = ReasonToSkip(entry);
            if (reason is not null) skipped.Add(new SkippedPath(entry.Path, reason));
            else if (entry.Kind != FolderEntryKind.Directory) found.Add(entry.Path);
        }

        return found;
    }

    private string? ReasonToSkip(FolderEntry entry)
    {
        var name = entry.Path[(entry.Path.LastIndexOf('/') + 1)..];
        if (GitPaths.IsGitName(name)) return "git's own names cannot be part of a change";
        if (entry.Kind == FolderEntryKind.SymbolicLink && name.Equals(".gitmodules", StringComparison.OrdinalIgnoreCase)) return "git refuses it as a link";
        if (entry.Kind == FolderEntryKind.Other) return "it is not a regular file, or its name is not UTF-8";
        return entry.Kind == FolderEntryKind.File && entry.Size > _options.MaxFileBytes ? $"it is larger than {_options.MaxFileBytes} bytes" : null;
    }

    private async Task<List<(string Mode, string Path)>> TrackedAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var listing = await _git.RunAsync(Call(workspace, "ls-files", "--stage", "-z"), cancellationToken);
        return Records(listing).Select(r => (r[..6], r[(r.IndexOf('\t', StringComparison.Ordinal) + 1)..])).ToList();
    }

    /// <summary>Which of the paths the base's ignore rules cover; what the workspace's own .gitignore files say now does not count.</summary>
    private async Task<HashSet<string>> IgnoredAsync(Workspace workspace, List<string> paths, CancellationToken cancellationToken)
    {
        if (paths.Count == 0) return [];
        var call = new GitCall(workspace.GitDirectory, "check-ignore", "--no-index", "-z", "--stdin")
        {
            WorkTree = IgnoresOf(workspace.Id),
            IndexFile = workspace.IndexFile,
            // check-ignore has no literal mode; "./" keeps a leading colon from being read as pathspec magic.
            Input = Zipped(paths.Select(p => "./" + p)),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GIT_LITERAL_PATHSPECS"] = "0" },
        };
        var result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode > 1) throw new GitFailedException($"git check-ignore failed: {GitProcess.Tail(result.Error)}");
        return Records(result.Output).Select(p => p[2..]).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Copies the base's .gitignore files, and nothing else, to a folder of their own for <see cref="IgnoredAsync"/>.</summary>
    private async Task KeepBaseIgnoresAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var mirror = new GitMirror("", workspace.GitDirectory);
        var folder = IgnoresOf(workspace.Id);
        Directory.CreateDirectory(folder);
        foreach (var entry in await ListTreeAsync(mirror, workspace.BaseSha, cancellationToken))
        {
            if (entry.Mode is not ("100644" or "100755") || Path.GetFileName(entry.Path) != ".gitignore") continue;
            var target = Path.Combine(folder, entry.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var content = await _git.RunAsync(new GitCall(workspace.GitDirectory, "cat-file", "blob", entry.ObjectId), cancellationToken);
            await File.WriteAllBytesAsync(target, content, cancellationToken);
        }
    }

    private async Task UpdateIndexAsync(Workspace workspace, string[] options, List<string> paths, CancellationToken cancellationToken)
    {
        var call = Call(workspace, ["update-index", .. options, "-z", "--stdin"]) with { Input = Zipped(paths) };
        var result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode != 0 && RemoveStaleLock(Path.GetDirectoryName(workspace.IndexFile)!, result.Error))
            result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode != 0) throw new GitFailedException($"The workspace cannot be recorded: {GitProcess.Tail(result.Error)}");
    }

    private async Task EmptyFolderAsync(string path, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path)) Directory.CreateDirectory(path);
        else if (Directory.EnumerateFileSystemEntries(path).Any())
            await HostToolAsync("find", [path, "-xdev", "-mindepth", "1", "-delete"], cancellationToken, repair: path);
    }

    private async Task RemoveFolderAsync(string path, CancellationToken cancellationToken)
    {
        if (Path.Exists(path)) await HostToolAsync("rm", ["-rf", "--one-file-system", "--", path], cancellationToken, repair: path);
    }

    /// <summary>Runs a core utility: unlike path-based deletion they hold open folders, follow no link and manage any depth.</summary>
    private async Task HostToolAsync(string program, string[] arguments, CancellationToken cancellationToken, string? repair = null)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["LC_ALL"] = "C" };
        var error = new HeadTailBuffer(4096);
        var command = new ChildCommand(program, arguments, environment, _options.LocalTimeout);
        var exit = await ChildProcess.RunAsync(command, new HeadTailBuffer(4096), error, _time, cancellationToken);
        if (exit.ExitCode == 0) return;
        if (repair is null) throw new GitFailedException($"{program} failed: {GitProcess.Tail(error.ToText())}");
        // Without root, a folder that its maker closed to itself has to be opened first.
        await HostToolAsync("chmod", ["-R", "u+rwX", "--", repair], cancellationToken);
        await HostToolAsync(program, arguments, cancellationToken);
    }

    private string FolderOf(string workspaceId)
    {
        var plain = workspaceId.Length is > 0 and <= 120 && workspaceId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        return plain && !workspaceId.StartsWith('.')
            ? Path.Combine(_workspaces, workspaceId)
            : throw new ArgumentException($"'{workspaceId}' is not a workspace id: letters, digits, dots, dashes and underscores.", nameof(workspaceId));
    }

    private string IgnoresOf(string workspaceId) => Path.Combine(_indexes, workspaceId + ".ignores");

    private static byte[] Zipped(IEnumerable<string> paths) => Encoding.UTF8.GetBytes(string.Concat(paths.Select(p => p + '\0')));

    private static string[] Records(byte[] output) => Text(output).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
