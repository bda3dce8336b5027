using System.Runtime.InteropServices;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>
    /// Takes what a workspace holds beyond tracked files out of it, into a folder that can be a set-up layer of others: links, modes and
    /// owners as they are. Afterwards the workspace has its tracked files alone, until it is given the layer.
    /// </summary>
    /// <param name="workspace">Workspace in which set-up ran.</param>
    /// <param name="targetFolder">Folder to make; complete when it is there, best on the file system of the workspaces.</param>
    /// <param name="cancellationToken">Stops; the target is not there then, and the workspace should be removed.</param>
    /// <exception cref="ArgumentException">The target exists.</exception>
    public async Task<FrozenLayer> FreezeAsync(Workspace workspace, string targetFolder, CancellationToken cancellationToken)
    {
        if (Path.Exists(targetFolder)) throw new ArgumentException($"{targetFolder} exists already.", nameof(targetFolder));
        FrozenLayer? frozen = null;
        await InTurnAsync(workspace, async live =>
        {
            if (live.IsAdopted) throw new InvalidOperationException($"{workspace.RootPath} is somebody's own working copy; nothing is taken out of it.");
            var snapshot = await SnapshotAsync(workspace, live, cancellationToken);
            var changed = (await DifferencesAsync(workspace.GitDirectory, workspace.BaseSha, snapshot.TreeId, cancellationToken)).Select(d => d.Path)
                .Where(p => live.Known.Base.Find(p) is not null).Order(StringComparer.Ordinal).ToList();
            var skipped = new List<SkippedPath>();
            var beside = targetFolder + ".new";
            await _host!.Tools.RemoveAsync([beside], cancellationToken);
            Directory.CreateDirectory(beside);
            _host.Own(beside);
            if (live.Layered is { } layered)
            {
                // What lies below a mount is not to be changed under it.
                await layered.Overlay.DetachAsync(cancellationToken);
                if (live.Layers.SetupWork is { } before) await _host.Tools.RunAsync("cp", ["-a", "--", Path.Combine(before, "."), beside], cancellationToken);
                await MoveUntrackedAsync(new FolderScan(layered.Upper, _host.Mounter!.AttributePrefix), layered.Upper, beside, live.Known, skipped, cancellationToken);
                await RemountAsync(live, layered, live.Layers, emptied: false, cancellationToken);
                ClearMarks(beside, _host.Mounter.AttributePrefix, cancellationToken);
            }
            else
            {
                await MoveUntrackedAsync(new FolderScan(workspace.RootPath), workspace.RootPath, beside, live.Known, skipped, cancellationToken);
                live.Forget();
            }

            Directory.Move(beside, targetFolder);
            frozen = new FrozenLayer(changed) { Skipped = skipped };
        }, cancellationToken);
        return frozen!;
    }

    /// <summary>Likewise, into a folder that is there until the workspace is removed.</summary>
    /// <returns>The folder, and what lies in it.</returns>
    public async Task<(string Folder, FrozenLayer Layer)> FreezeAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var target = Path.Combine((await HostAsync(cancellationToken)).StateOf(workspace.Id), "made");
        return (target, await FreezeAsync(workspace, target, cancellationToken));
    }

    /// <summary>
    /// Gives a workspace other layers below its own changes; its path stays. A real copy is filled anew with what a snapshot of it holds,
    /// so its ignored and left-out files go.
    /// </summary>
    public Task RelayerAsync(Workspace workspace, WorkspaceLayers layers, CancellationToken cancellationToken) => InTurnAsync(workspace, async live =>
    {
        if (live.IsAdopted) throw new InvalidOperationException($"{workspace.RootPath} is somebody's own working copy; it has no layers.");
        if (live.Layered is { } layered)
        {
            await RemountAsync(live, layered, layers, emptied: false, cancellationToken);
            return;
        }

        var snapshot = await SnapshotAsync(workspace, live, cancellationToken);
        live.Layers = layers;
        await FillCopyAsync(workspace, live, snapshot.TreeId, cancellationToken);
    }, cancellationToken);

    /// <summary>Moves all that is not tracked, by whole folders where nothing below them is tracked.</summary>
    private async Task MoveUntrackedAsync(FolderScan scan, string source, string target, KnownFiles known, List<SkippedPath> skipped, CancellationToken cancellationToken)
    {
        bool IsShared(string folder) => known.AnyBelow(folder) || known.Find(folder) is not null;
        var whole = new List<ScannedEntry>();
        foreach (var entry in scan.Run(p => p != ".git" && (IsShared(p) || Directory.Exists(Path.Combine(target, p))), cancellationToken))
        {
            if (entry.Path == ".git" || known.IsFile(entry.Path)) continue;
            if (WorkspaceChanges.ReasonNotToEnter(entry.Kind) is { } reason)
            {
                // One that the base has, too, stays where it is.
                if (!known.Base.Unnameable.Contains(entry.Path, StringComparer.Ordinal) && !known.AnyBelow(entry.Path)) skipped.Add(new SkippedPath(entry.Path, reason));
                continue;
            }

            if (entry.Kind == ScannedKind.Whiteout || entry.Opaque) await _host!.Tools.RemoveAsync([Path.Combine(target, entry.Path)], cancellationToken);
            var isFolder = entry.Kind == ScannedKind.Directory;
            if (entry.Kind == ScannedKind.Whiteout || (isFolder && IsShared(entry.Path) && known.Find(entry.Path) is null) || (!isFolder && known.AnyBelow(entry.Path))) continue;
            whole.Add(entry);
        }

        foreach (var entry in whole) await MoveAsync(entry, source, target, cancellationToken);
    }

    private async Task MoveAsync(ScannedEntry entry, string source, string target, CancellationToken cancellationToken)
    {
        const int OtherFileSystem = 18;
        var (from, to) = (Path.Combine(source, entry.Path), Path.Combine(target, entry.Path));
        // Within a folder that was moved, or merged with one that an earlier set-up made.
        if (!Path.Exists(from) && new FileInfo(from).LinkTarget is null) return;
        if (entry.Kind == ScannedKind.Directory && Directory.Exists(to)) return;
        MakeParents(entry.Path, source, target);
        if (Path.Exists(to)) await _host!.Tools.RemoveAsync([to], cancellationToken);
        if (Libc.RenameAt(Libc.CurrentDirectory, from, Libc.CurrentDirectory, to) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error != OtherFileSystem) throw new GitFailedException($"{entry.Path} cannot be moved into the layer (error {error}).");
        await _host!.Tools.RunAsync("cp", ["-a", "--", from, to], cancellationToken);
        await _host.Tools.RemoveAsync([from], cancellationToken);
    }

    /// <summary>Makes the folders around a path as they are in the source.</summary>
    private void MakeParents(string path, string source, string target)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            var folder = Path.Combine(target, path[..slash]);
            if (Directory.Exists(folder)) continue;
            Directory.CreateDirectory(folder);
            _host!.Own(folder, new WorkspaceFolder(source, null).Stat(path[..slash]).Mode);
        }
    }

    /// <summary>Takes overlayfs's marks off folders that would hide what lies below them as a layer.</summary>
    private static void ClearMarks(string layer, string prefix, CancellationToken cancellationToken)
    {
        foreach (var entry in new FolderScan(layer, prefix).Run(_ => true, cancellationToken))
        {
            if (!entry.Opaque) continue;
            using var folder = Directory.Exists(Path.Combine(layer, entry.Path))
                ? new Microsoft.Win32.SafeHandles.SafeFileHandle(
                    Libc.OpenAt(Libc.CurrentDirectory, Path.Combine(layer, entry.Path), Libc.ReadOnly | Libc.OnlyDirectory | Libc.NoFollow | Libc.CloseOnExec, 0), ownsHandle: true)
                : null;
            if (folder is { IsInvalid: false }) _ = Libc.RemoveExtendedAttribute((int)folder.DangerousGetHandle(), prefix + "opaque");
        }
    }
}
