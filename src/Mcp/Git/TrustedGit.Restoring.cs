using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    // Blobs are read in portions of about this size.
    private const long PortionBytes = 64 * 1024 * 1024;

    /// <summary>
    /// Puts a file or folder back to what it is in the base: bytes, mode, links and all, deleting what the base has not. What set-up left
    /// there stays.
    /// </summary>
    /// <param name="workspace">Workspace.</param>
    /// <param name="path">Path from the root; empty for everything.</param>
    /// <param name="cancellationToken">Stops; what is done by then stays done.</param>
    /// <returns>What was put back, and what was deleted, each in ordinal order.</returns>
    public async Task<RestoredPaths> RestorePathAsync(Workspace workspace, string path, CancellationToken cancellationToken)
    {
        RestoredPaths? done = null;
        await InTurnAsync(workspace, async live => done = await PutBackAsync(workspace, live, path.Trim('/'), cancellationToken), cancellationToken);
        return done!;
    }

    private async Task<RestoredPaths> PutBackAsync(Workspace workspace, LiveWorkspace live, string path, CancellationToken cancellationToken)
    {
        bool IsWanted(string p) => path.Length == 0 || p == path || p.StartsWith(path + "/", StringComparison.Ordinal);
        if (GitPaths.IsGitInternal(path)) throw new WorkspacePathException($"{path}: git's own files are not restored.");
        if (path.Length > 0 && path.Split('/').Any(part => part is "" or "." or "..")) throw new WorkspacePathException($"{path}: name the path from the workspace's root, without '.' and '..'.");
        var origin = live.Known.Base;
        var snapshot = await SnapshotAsync(workspace, live, cancellationToken);
        var changed = (await DifferencesAsync(workspace.GitDirectory, workspace.BaseSha, snapshot.TreeId, cancellationToken)).Select(d => d.Path)
            .Concat(snapshot.Skipped.Select(s => s.Path).SelectMany(p => origin.Below(p).Prepend(p)))
            .Where(p => IsWanted(p) && origin.Find(p) is { Mode: not Submodule })
            .Distinct(StringComparer.Ordinal).Select(p => origin.Find(p)!).ToList();

        var folder = new WorkspaceFolder(workspace.RootPath, _options.WorkspaceOwner);
        var deleted = Sweep(folder, live, path, cancellationToken);
        await WriteAsync(workspace.GitDirectory, folder, changed, live.Known.Outside, cancellationToken);
        live.Last = null;
        return new RestoredPaths([.. changed.Select(e => e.Path).Order(StringComparer.Ordinal)], deleted);
    }

    /// <summary>Deletes all at or below a path that neither the base nor set-up has.</summary>
    private static List<string> Sweep(WorkspaceFolder folder, LiveWorkspace live, string path, CancellationToken cancellationToken)
    {
        var setup = live.Layers.SetupWork is { } layer ? new WorkspaceFolder(layer, null) : null;
        bool IsFree(string p, bool isFolder) =>
            live.Known.Base.Find(p) is var entry && (isFolder ? entry is null or { Mode: not Submodule } && !live.Known.Base.Below(p).Any() : entry is null)
            && (setup is null || KindOf(setup, p) == FolderEntryKind.Missing || (KindOf(setup, p) == FolderEntryKind.Directory) != isFolder);

        var deleted = new List<string>();
        var folders = new Stack<string>();
        void Delete(FolderEntry entry)
        {
            if (GitPaths.IsGitInternal(entry.Path) && path.Length == 0 && entry.Path.Split('/').Length == 1) return;
            if (entry.Kind == FolderEntryKind.Directory)
            {
                if (IsFree(entry.Path, isFolder: true)) folders.Push(entry.Path);
            }
            else if (IsFree(entry.Path, isFolder: false))
            {
                folder.Delete(entry.Path);
                deleted.Add(entry.Path);
            }
        }

        if (path.Length > 0)
        {
            var top = folder.Stat(path);
            if (top.Kind != FolderEntryKind.Missing) Delete(top);
            if (top.Kind != FolderEntryKind.Directory) return deleted;
        }

        foreach (var entry in folder.Walk(path, p => !live.Known.IsInSubmodule(p) && !(path.Length == 0 && p == ".git"), cancellationToken)) Delete(entry);
        while (folders.TryPop(out var empty)) folder.DeleteEmptyFolder(empty);
        return deleted;
    }

    /// <summary>Brings a freshly layered workspace, which shows its base, to another tree.</summary>
    private async Task LayDifferenceAsync(Workspace workspace, LiveWorkspace live, string treeId, CancellationToken cancellationToken)
    {
        if (treeId == live.Layered!.Tree.TreeId)
        {
            live.Known = new KnownFiles(live.Known.Base, new Dictionary<string, TreeEntry>(), live.Known.Outside);
            return;
        }

        var differences = await DifferencesAsync(workspace.GitDirectory, workspace.BaseSha, treeId, cancellationToken);
        var folder = new WorkspaceFolder(workspace.RootPath, _options.WorkspaceOwner);
        foreach (var gone in differences.Where(d => d.Entry is null))
        {
            if (folder.Stat(gone.Path).Kind == FolderEntryKind.Directory) folder.DeleteEmptyFolder(gone.Path);
            else folder.Delete(gone.Path);
            // Git knows no empty folders.
            for (var slash = gone.Path.LastIndexOf('/'); slash > 0 && folder.DeleteEmptyFolder(gone.Path[..slash]); slash = gone.Path.LastIndexOf('/', slash - 1))
            {
            }
        }

        var entries = differences.Select(d => d.Entry).OfType<TreeEntry>().ToList();
        await WriteAsync(workspace.GitDirectory, folder, entries, live.Known.Outside, cancellationToken);
        live.Known = new KnownFiles(live.Known.Base, entries.ToDictionary(e => e.Path, StringComparer.Ordinal), live.Known.Outside)
        {
            DroppedSubmodules = [.. differences.Where(d => d.Entry is null && live.Known.Base.Find(d.Path)?.Mode == Submodule).Select(d => d.Path)],
        };
    }

    /// <summary>Paths in which a tree differs from a commit, each with what the tree has there; null when it has nothing.</summary>
    private async Task<List<(string Path, TreeEntry? Entry)>> DifferencesAsync(string gitDirectory, string baseSha, string treeId, CancellationToken cancellationToken)
    {
        var call = new GitCall(gitDirectory, "diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=none", baseSha, treeId);
        var (raws, _) = DiffTreeOutput.Parse(Records(await _git.RunAsync(call, cancellationToken)));
        if (raws.Find(r => !GitText.IsUtf8(r.Path)) is { } unnameable)
            throw new GitFailedException($"{GitText.Show(unnameable.Path)} differs from the base and has a name that is not UTF-8; such a file cannot be laid out.");
        var sizes = await SizesAsync(new GitMirror("", gitDirectory), raws.Where(r => r.Kind != ChangeKind.Deleted && r.NewMode != Submodule).Select(r => r.ObjectId), cancellationToken);
        return [.. raws.Select(r => (r.Path, r.Kind == ChangeKind.Deleted ? null : new TreeEntry(r.Path, r.NewMode, r.ObjectId, sizes.GetValueOrDefault(r.ObjectId))))];
    }

    /// <summary>Writes files, links and submodules' empty folders into a workspace.</summary>
    private async Task WriteAsync(
        string gitDirectory, WorkspaceFolder folder, IReadOnlyList<TreeEntry> entries, OutsideContents outside, CancellationToken cancellationToken)
    {
        foreach (var submodule in entries.Where(e => e.Mode == Submodule)) folder.PutFolder(submodule.Path);
        var contents = entries.Where(e => outside.LfsAt(e.Path)?.Entry.ObjectId == e.ObjectId).ToList();
        foreach (var entry in contents) OutsideFiles.Put(folder, gitDirectory, outside.LfsAt(entry.Path)!.Pointer, entry);
        var blobs = new Queue<TreeEntry>(entries.Where(e => e.Mode != Submodule).Except(contents));
        while (blobs.Count > 0)
        {
            var portion = new List<TreeEntry>();
            for (var bytes = 0L; blobs.TryPeek(out var next) && (portion.Count == 0 || bytes + next.Size <= PortionBytes); bytes += next.Size) portion.Add(blobs.Dequeue());
            var call = new GitCall(gitDirectory, "cat-file", "--batch") { Input = Encoding.ASCII.GetBytes(string.Concat(portion.Select(e => e.ObjectId + "\n"))) };
            Put(folder, portion, await _git.RunAsync(call, cancellationToken));
        }
    }

    /// <summary>Takes git's answer apart: a line with id, kind and size, then as many bytes and a line end.</summary>
    private static void Put(WorkspaceFolder folder, List<TreeEntry> entries, byte[] answer)
    {
        var at = 0;
        foreach (var entry in entries)
        {
            var end = Array.IndexOf(answer, (byte)'\n', at);
            var fields = end < 0 ? [] : Encoding.ASCII.GetString(answer, at, end - at).Split(' ');
            if (fields is not [_, "blob", var digits] || !int.TryParse(digits, out var size)) throw new GitFailedException($"The content of {entry.Path} is not in the mirror.");
            var content = answer.AsSpan(end + 1, size);
            at = end + 1 + size + 1;
            if (entry.Mode == "120000") folder.PutLink(entry.Path, content);
            else folder.Put(entry.Path, content, entry.Mode == "100755" ? 0x1edu : 0x1a4u);
        }
    }

    private static FolderEntryKind KindOf(WorkspaceFolder folder, string path)
    {
        try
        {
            return folder.Stat(path).Kind;
        }
        catch (WorkspacePathException)
        {
            return FolderEntryKind.Missing;
        }
    }
}

/// <summary>What <see cref="TrustedGit.RestorePathAsync"/> did.</summary>
/// <param name="Restored">Files that are as in the base again.</param>
/// <param name="Deleted">Files that the base has not.</param>
public sealed record RestoredPaths(IReadOnlyList<string> Restored, IReadOnlyList<string> Deleted);
