using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>
    /// Writes the workspace's content as a tree. Files that the base's ignore rules cover are left out unless they are tracked, and so is
    /// build output by habit, which is told; files are taken byte for byte, links as links. Anything called <c>.git</c>, nested
    /// repositories' insides included, is never entered. What set-up left is no part of it unless the task changed it.
    /// </summary>
    /// <exception cref="SnapshotTooLargeException">What differs from the base is more than a snapshot takes in; nothing was written.</exception>
    /// <remarks>A layered workspace is looked at in its upper layer only; when nothing there changed since the last time, git is not started.</remarks>
    public async Task<WorkspaceSnapshot> SnapshotAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        WorkspaceSnapshot? snapshot = null;
        await InTurnAsync(workspace, async live => snapshot = await SnapshotAsync(workspace, live, cancellationToken, isBounded: true), cancellationToken);
        return snapshot!;
    }

    private async Task<WorkspaceSnapshot> SnapshotAsync(Workspace workspace, LiveWorkspace live, CancellationToken cancellationToken, bool isBounded = false)
    {
        var began = Tick(workspace.Id);
        var folder = new WorkspaceFolder(workspace.RootPath, _options.WorkspaceOwner);
        var output = new BuildOutput(folder, live.Known);
        var expectsGitView = live.Layers.GitView is not null || live.IsAdopted;
        var changes = live.Layered is { } layered
            ? WorkspaceChanges.OfUpper(
                new FolderScan(layered.Upper, _host!.Mounter!.AttributePrefix), live.Known, output, _options.MaxFileBytes, expectsGitView, cancellationToken)
            : WorkspaceChanges.OfWhole(new FolderScan(workspace.RootPath), live.Known, output, _options.MaxFileBytes, expectsGitView, cancellationToken);
        if (live.Last is { } last && last.Signature == changes.Signature) return last.Snapshot;

        var source = live.Layered is null ? folder : new WorkspaceFolder(live.Layered.Upper, null);
        var pointers = FindPointers(live, changes, source);
        var unknown = changes.Found.Where(f => !live.Known.IsFile(f.Path) && !IsOfSetup(live, f, source)).Select(f => f.Path).ToList();
        var files = unknown.Select(p => (Path: p, Reason: output.WhyNotFile(p))).Where(f => f.Reason is not null).Select(f => new SkippedPath(f.Path, f.Reason!)).ToList();
        var ignored = await IgnoredAsync(workspace, live, [.. unknown, .. changes.OutputFolders.Select(Probe)], cancellationToken);
        // What the base ignores, or set-up made, is not worth a word.
        var setup = live.Layers.SetupWork is { } work ? new WorkspaceFolder(work, null) : null;
        var leftOut = changes.OutputFolders.Where(f => !ignored.Contains(Probe(f)) && (setup is null || KindOf(setup, f.Path) != FolderEntryKind.Directory)).Concat(files.Where(f => !ignored.Contains(f.Path))).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        var asOutput = files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var fresh = unknown.Where(p => !ignored.Contains(p) && !asOutput.Contains(p)).ToHashSet(StringComparer.Ordinal);
        var kept = changes.Found.Where(f => live.Known.IsFile(f.Path) || fresh.Contains(f.Path)).ToList();
        if (isBounded) Bound(kept, live);

        var (tree, carrier) = live.Layered is null
            ? (await RecordWholeAsync(workspace, live, changes, kept, pointers, cancellationToken), null)
            : await RecordChangesAsync(workspace, live, changes, kept, source, cancellationToken);
        var snapshot = new WorkspaceSnapshot(tree, changes.Skipped) { LeftOut = leftOut, Carrier = carrier };
        // A file changed within the clock's tick could change again without a trace.
        live.Last = changes.Newest / 100 < began ? (changes.Signature, snapshot) : null;
        return snapshot;

        static string Probe(SkippedPath folder) => folder.Path + "/x";
    }

    // A real copy shows all files, also those that nobody touched: one that is as long as it was is not counted.
    private void Bound(List<ScannedEntry> kept, LiveWorkspace live)
    {
        var changed = live.Layered is null ? kept.Where(f => live.Known.Base.Find(f.Path)?.Size != f.Stamp.Size).ToList() : kept;
        var bytes = changed.Sum(f => f.Stamp.Size);
        if (changed.Count > _options.MaxSnapshotFiles || bytes > _options.MaxSnapshotBytes)
            throw new SnapshotTooLargeException(changed.Count, bytes, _options.MaxSnapshotFiles, _options.MaxSnapshotBytes);
    }

    /// <summary>Writes a layered workspace's tree: the base's with what the upper layer says.</summary>
    private async Task<(string Tree, string? Carrier)> RecordChangesAsync(
        Workspace workspace, LiveWorkspace live, WorkspaceChanges changes, List<ScannedEntry> kept, WorkspaceFolder upper, CancellationToken cancellationToken)
    {
        var recorder = new TreeRecorder(_git, workspace.GitDirectory);
        foreach (var entry in live.Known.Start.Values.Where(e => changes.Stays.Contains(e.Path))) recorder.Add(entry.Path, entry.Mode, entry.ObjectId);
        foreach (var file in kept)
        {
            var mode = ModeOf(file);
            if (live.Contents.TryGetValue(file.Path, out var seen) && seen.Stamp == file.Stamp)
            {
                recorder.Add(file.Path, mode, seen.ObjectId);
                continue;
            }

            var content = file.Kind == ScannedKind.SymbolicLink ? upper.ReadLink(file.Path) : upper.Read(file.Path, _options.MaxFileBytes);
            await recorder.AddAsync(file.Path, mode, content ?? throw new GitFailedException($"{file.Path} changed while it was recorded."), cancellationToken);
        }

        foreach (var submodule in live.Known.Start.Values.Where(e => e.Mode == Submodule)) recorder.Add(submodule.Path, submodule.Mode, submodule.ObjectId);
        var written = await recorder.WriteAsync(workspace.BaseSha, changes.Gone.Order(StringComparer.Ordinal), cancellationToken);
        foreach (var file in kept)
        {
            if (recorder.Written.TryGetValue(file.Path, out var id)) live.Contents[file.Path] = (file.Stamp, id);
        }

        return written;
    }

    /// <summary>
    /// The files that hold just what their Git LFS pointer in the base names, and so are recorded as the pointer, by path. Only what was found is
    /// looked at, and read once as long as it does not change.
    /// </summary>
    private Dictionary<string, TreeEntry> FindPointers(LiveWorkspace live, WorkspaceChanges changes, WorkspaceFolder source)
    {
        var pointers = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        foreach (var file in live.Known.Outside.Lfs.Count == 0 ? [] : changes.Found.ToList())
        {
            if (file.Kind != ScannedKind.File || live.Known.Outside.LfsAt(file.Path) is not { } lfs || lfs.Pointer.Size != file.Stamp.Size) continue;
            var seen = live.Contents.GetValueOrDefault(file.Path);
            if (seen.ObjectId is not null && seen.Stamp == file.Stamp ? seen.ObjectId == lfs.Entry.ObjectId : source.Digest(file.Path) == lfs.Pointer.Oid)
            {
                pointers[file.Path] = lfs.Entry;
                live.Contents[file.Path] = (file.Stamp, lfs.Entry.ObjectId);
            }
            else if (file.Stamp.Size > _options.MaxFileBytes)
            {
                changes.Leave(file, $"it is larger than {_options.MaxFileBytes} bytes");
            }
        }

        return pointers;
    }

    /// <summary>Writes the tree of a workspace that is one plain folder, through its index.</summary>
    private async Task<string> RecordWholeAsync(
        Workspace workspace, LiveWorkspace live, WorkspaceChanges changes, List<ScannedEntry> kept, Dictionary<string, TreeEntry> pointers,
        CancellationToken cancellationToken)
    {
        var listing = await _git.RunAsync(Call(workspace, "ls-files", "--stage", "-z"), cancellationToken);
        var indexed = Records(listing)
            .Select(r => (Mode: r[..6], ObjectId: r[7..r.IndexOf(' ', 7)], Path: r[(r.IndexOf('\t', StringComparison.Ordinal) + 1)..]))
            .Where(e => e.Mode != Submodule && GitText.IsUtf8(e.Path))
            .ToDictionary(e => e.Path, StringComparer.Ordinal);
        var paths = kept.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var gone = indexed.Keys.Where(p => !paths.Contains(p) && !changes.Stays.Contains(p)).ToList();
        if (gone.Count > 0) await UpdateIndexAsync(workspace, ["--force-remove", "-z", "--stdin"], Zipped(gone), cancellationToken);
        var contents = kept.Where(f => !pointers.ContainsKey(f.Path)).Select(f => f.Path).ToList();
        if (contents.Count > 0) await UpdateIndexAsync(workspace, ["--add", "--remove", "--replace", "-z", "--stdin"], Zipped(contents), cancellationToken);
        var back = changes.Stays.Select(p => live.Known.Find(p)!)
            .Concat(kept.Where(f => pointers.ContainsKey(f.Path)).Select(f => pointers[f.Path] with { Mode = ModeOf(f) })).Where(e => !indexed.TryGetValue(e.Path, out var i) || i.ObjectId != e.ObjectId || i.Mode != e.Mode).ToList();
        if (back.Count > 0) await UpdateIndexAsync(workspace, ["-z", "--index-info"], Zipped(back.Select(e => $"{e.Mode} {e.ObjectId} 0\t{e.Path}")), cancellationToken);
        return Text(await _git.RunAsync(Call(workspace, "write-tree"), cancellationToken)).Trim();
    }

    private async Task<HashSet<string>> IgnoredAsync(Workspace workspace, LiveWorkspace live, List<string> paths, CancellationToken cancellationToken)
    {
        var asked = paths.Where(p => !live.Ignored.ContainsKey(p)).ToList();
        var covered = await IgnoreRules.CoveredAsync(_git, workspace.GitDirectory, live.Ignores, asked, cancellationToken);
        foreach (var path in asked) live.Ignored[path] = covered.Contains(path);
        return paths.Where(p => live.Ignored[p]).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>True for a file that is what set-up left there, byte for byte, however new it looks.</summary>
    private static bool IsOfSetup(LiveWorkspace live, ScannedEntry file, WorkspaceFolder source)
    {
        if (live.Layers.SetupWork is not { } setup) return false;
        if (live.OfSetup.TryGetValue(file.Path, out var seen) && seen == file.Stamp) return true;
        try
        {
            var layer = new WorkspaceFolder(setup, null);
            var there = layer.Stat(file.Path);
            var same = file.Kind == ScannedKind.SymbolicLink
                ? there.Kind == FolderEntryKind.SymbolicLink && source.ReadLink(file.Path).AsSpan().SequenceEqual(layer.ReadLink(file.Path))
                : there.Kind == FolderEntryKind.File && there.Size == file.Stamp.Size && (there.Mode & 0x40) == (file.Stamp.Mode & 0x40)
                    && source.Read(file.Path, there.Size).AsSpan().SequenceEqual(layer.Read(file.Path, there.Size));
            if (same) live.OfSetup[file.Path] = file.Stamp;
            return same;
        }
        catch (WorkspacePathException)
        {
            // Something else lies on the way there.
            return false;
        }
    }

    private async Task UpdateIndexAsync(Workspace workspace, string[] options, byte[] input, CancellationToken cancellationToken)
    {
        var call = Call(workspace, ["update-index", .. options]) with { Input = input };
        var result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode != 0 && RemoveStaleLock(Path.GetDirectoryName(workspace.IndexFile)!, result.Error))
            result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode != 0) throw new GitFailedException($"The workspace cannot be recorded: {GitProcess.Tail(result.Error)}");
    }

    /// <summary>The file system's clock now, in ticks of 100 nanoseconds since 1970, as a file written this moment shows it.</summary>
    private long Tick(string workspaceId)
    {
        var path = Path.Combine(_host!.StateOf(workspaceId), "tick");
        File.WriteAllBytes(path, [0]);
        return (File.GetLastWriteTimeUtc(path) - DateTime.UnixEpoch).Ticks;
    }

    private static string ModeOf(ScannedEntry file) => file.Kind == ScannedKind.SymbolicLink ? "120000" : file.Stamp.IsExecutable ? "100755" : "100644";
}
