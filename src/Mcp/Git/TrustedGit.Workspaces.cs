using System.Collections.Concurrent;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const string Submodule = TrackedPaths.Submodule;

    private readonly ConcurrentDictionary<string, LiveWorkspace> _live = new(StringComparer.Ordinal);
    private readonly Lock _starting = new();
    private Task<WorkspaceHost>? _started;
    private WorkspaceHost? _host;

    /// <summary>
    /// How workspaces are layered on this machine, found by trying once; also removes what dead processes left mounted or lying below the
    /// root. The first workspace does the same; a service asks at start-up, to log it.
    /// </summary>
    /// <exception cref="GitFailedException">The required layering does not work here.</exception>
    public async Task<WorkspaceReport> InspectWorkspacesAsync(CancellationToken cancellationToken) => (await HostAsync(cancellationToken)).Report;

    /// <summary>Creates a workspace with the files of a commit, or of a snapshot taken on top of it.</summary>
    /// <param name="mirror">Mirror that holds the objects.</param>
    /// <param name="baseSha">Commit the work starts from.</param>
    /// <param name="treeId">Snapshot to start with; null for the base itself.</param>
    /// <param name="workspaceId">Unique per attempt: letters, digits, dots, dashes and underscores.</param>
    /// <param name="cancellationToken">Stops; a half-made folder is replaced next time.</param>
    /// <remarks>An existing folder of that id is replaced.</remarks>
    public Task<Workspace> CreateWorkspaceAsync(
        GitMirror mirror, string baseSha, string? treeId, string workspaceId, CancellationToken cancellationToken) =>
        CreateWorkspaceAsync(mirror, baseSha, treeId, workspaceId, WorkspaceLayers.None, cancellationToken);

    /// <summary>Likewise, over layers that set-up made.</summary>
    /// <param name="mirror">Mirror that holds the objects.</param>
    /// <param name="baseSha">Commit the work starts from.</param>
    /// <param name="treeId">Snapshot to start with; null for the base itself.</param>
    /// <param name="workspaceId">Unique per attempt: letters, digits, dots, dashes and underscores.</param>
    /// <param name="layers">Frozen folders below the workspace's own changes; they must stay until it is removed.</param>
    /// <param name="cancellationToken">Stops; a half-made folder is replaced next time.</param>
    public async Task<Workspace> CreateWorkspaceAsync(
        GitMirror mirror, string baseSha, string? treeId, string workspaceId, WorkspaceLayers layers, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        var mountPoint = FolderOf(workspaceId);
        var host = await HostAsync(cancellationToken);
        await RemoveWorkspaceAsync(workspaceId, cancellationToken);
        var resolved = await _git.TryAsync(
            new GitCall(mirror.GitDirectory, "rev-parse", "--verify", "--quiet", "--end-of-options", $"{baseSha}^{{commit}}^{{tree}}"), cancellationToken);
        if (resolved.ExitCode != 0) throw new GitRejectedException(GitRejection.NotFound, $"Commit {baseSha} is not in the mirror of {mirror.RepoKey}.");
        var baseTree = Text(resolved.Output).Trim();
        var state = host.StateOf(workspaceId);
        Directory.CreateDirectory(state);
        var hold = FolderLock.MakeAndShare(Path.Combine(state, "lock"));
        host.Note(workspaceId, mirror.GitDirectory);
        PreparedTree? tree = null;
        IOverlay? overlay = null;
        try
        {
            Directory.CreateDirectory(mountPoint);
            // Whatever this service's umask is: a real copy is entered by the sandbox before it becomes the commands' user.
            if (host.Mounter is null) host.Own(mountPoint);
            if (host.Mounter is { } mounter)
            {
                tree = await host.Trees.TakeAsync(mirror.GitDirectory, baseTree, layers.Outside, cancellationToken);
                host.MakeLayers(state);
                overlay = await mounter.MountAsync(LayeredParts.Stack(tree, state, mountPoint, layers), cancellationToken);
            }

            var tracked = tree is null ? TrackedPaths.Parse(await ListingAsync(mirror.GitDirectory, baseTree, cancellationToken)) : await host.Trees.TrackedAsync(tree, cancellationToken);
            var ignores = tree?.Ignores ?? Path.Combine(state, "ignores");
            if (tree is null) await IgnoreRules.WriteAsync(_git, mirror.GitDirectory, tracked.Entries, ignores, cancellationToken);
            var live = new LiveWorkspace
            {
                Known = new KnownFiles(tracked, new Dictionary<string, TreeEntry>(), layers.Outside),
                Ignores = ignores,
                Layers = layers,
                Hold = hold,
                Layered = tree is null ? null : new LayeredParts(tree, overlay!, state, mountPoint),
            };
            _live[workspaceId] = live;
            var workspace = new Workspace(workspaceId, overlay?.HostPath ?? mountPoint, mirror.GitDirectory, Path.Combine(_indexes, workspaceId), baseSha)
            {
                Enter = overlay?.Enter ?? [],
                MountedPath = mountPoint,
                OwnPath = live.Layered?.Upper ?? mountPoint,
            };
            if (overlay is null) await FillCopyAsync(workspace, live, treeId ?? baseTree, cancellationToken);
            else await LayDifferenceAsync(workspace, live, treeId ?? baseTree, cancellationToken);
            return workspace;
        }
        catch (Exception e)
        {
            overlay?.Dispose();
            tree?.Dispose();
            hold.Dispose();
            _live.TryRemove(workspaceId, out _);
            throw e is OverlayException ? new GitFailedException(e.Message, e) : e;
        }
    }

    /// <summary>
    /// Takes a developer's own working copy as a workspace, on top of its checked-out commit; its files stay where and as they are, and its
    /// own index is not touched. Needs <see cref="TrustedGitOptions.AllowFileProtocol"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The folder is not the root of a git working copy with a commit.</exception>
    public async Task<Workspace> AdoptWorkspaceAsync(string folder, string workspaceId, CancellationToken cancellationToken)
    {
        FolderOf(workspaceId);
        var host = await HostAsync(cancellationToken);
        await RemoveWorkspaceAsync(workspaceId, cancellationToken);
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
        var state = host.StateOf(workspaceId);
        Directory.CreateDirectory(state);
        var tracked = TrackedPaths.Parse(await ListingAsync(mirror.GitDirectory, sha, cancellationToken));
        await IgnoreRules.WriteAsync(_git, mirror.GitDirectory, tracked.Entries, Path.Combine(state, "ignores"), cancellationToken);
        await _git.RunAsync(Call(workspace, "read-tree", sha), cancellationToken);
        _live[workspaceId] = new LiveWorkspace
        {
            IsAdopted = true,
            Known = new KnownFiles(tracked, new Dictionary<string, TreeEntry>(), OutsideContents.None),
            Ignores = Path.Combine(state, "ignores"),
            Hold = FolderLock.MakeAndShare(Path.Combine(state, "lock")),
        };
        return workspace;
    }

    /// <summary>Unmounts and deletes a workspace; nothing happens when there is none.</summary>
    public async Task RemoveWorkspaceAsync(string workspaceId, CancellationToken cancellationToken)
    {
        var mountPoint = FolderOf(workspaceId);
        var host = await HostAsync(cancellationToken);
        if (_live.TryRemove(workspaceId, out var live)) live.Dispose();
        await host.RemoveAsync(workspaceId, mountPoint, cancellationToken);
    }

    /// <summary>
    /// Unmounts all workspaces of this instance at once, without deleting anything: for the end of a service. They cannot be used afterwards;
    /// the next start removes what is left.
    /// </summary>
    public void DetachWorkspaces()
    {
        foreach (var id in _live.Keys)
        {
            if (_live.TryRemove(id, out var live)) live.Dispose();
        }
    }

    /// <summary>
    /// Makes the workspace hold exactly a tree's files, over the same layers; ignored and untracked files of its own are removed too.
    /// </summary>
    /// <exception cref="InvalidOperationException">The workspace is a developer's own working copy.</exception>
    public async Task RestoreAsync(Workspace workspace, string treeId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        await InTurnAsync(workspace, async live =>
        {
            if (live.IsAdopted) throw new InvalidOperationException($"{workspace.RootPath} is somebody's own working copy; it is not emptied.");
            if (live.Layered is { } layered)
            {
                // The upper layer goes as a whole: nothing planted in it can stand in the way or be written through.
                await RemountAsync(live, layered, live.Layers, emptied: true, cancellationToken);
                await LayDifferenceAsync(workspace, live, treeId, cancellationToken);
                return;
            }

            await FillCopyAsync(workspace, live, treeId, cancellationToken);
        }, cancellationToken);
    }

    private static GitCall Call(Workspace workspace, params string[] arguments) =>
        new(workspace.GitDirectory, arguments) { WorkTree = workspace.RootPath, IndexFile = workspace.IndexFile };

    private Task<WorkspaceHost> HostAsync(CancellationToken cancellationToken)
    {
        lock (_starting)
        {
            // One caller's cancellation is not the others'; a failed start is tried again.
            if (_started is null or { IsFaulted: true }) _started = Task.Run(StartAsync, CancellationToken.None);
            return _started.WaitAsync(cancellationToken);
        }
    }

    private async Task<WorkspaceHost> StartAsync()
    {
        try
        {
            _host = await WorkspaceHost.StartAsync(_options, _workspaces, _indexes, _git, _time, CancellationToken.None);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => DetachWorkspaces();
            return _host;
        }
        catch (OverlayException e)
        {
            throw new GitFailedException(e.Message, e);
        }
    }

    /// <summary>Runs something on a workspace while nothing else of this process does.</summary>
    private async Task InTurnAsync(Workspace workspace, Func<LiveWorkspace, Task> action, CancellationToken cancellationToken)
    {
        if (!_live.TryGetValue(workspace.Id, out var live)) throw new GitFailedException($"The workspace {workspace.Id} is not open in this process; create it again.");
        await live.Turn.WaitAsync(cancellationToken);
        try
        {
            if (live.Layered is { Overlay.IsMounted: false }) throw new GitFailedException($"The mount of the workspace {workspace.Id} is gone; create it again.");
            await action(live);
        }
        catch (OverlayException e)
        {
            throw new GitFailedException(e.Message, e);
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>Mounts a workspace again at its place, over other layers or with an empty upper one.</summary>
    private async Task RemountAsync(LiveWorkspace live, LayeredParts layered, WorkspaceLayers layers, bool emptied, CancellationToken cancellationToken)
    {
        live.Forget();
        await layered.Overlay.DetachAsync(cancellationToken);
        // A volatile overlay marks its work folder so that it is not mounted twice; it is always a new one.
        await _host!.Tools.RemoveAsync(emptied ? [layered.Upper, layered.Work] : [layered.Work], cancellationToken);
        _host.MakeLayers(layered.Folder);
        await layered.Overlay.AttachAsync(LayeredParts.Stack(layered.Tree, layered.Folder, layered.MountPoint, layers), cancellationToken);
        live.Layers = layers;
    }

    private async Task FillCopyAsync(Workspace workspace, LiveWorkspace live, string treeId, CancellationToken cancellationToken)
    {
        live.Forget();
        var tools = _host!.Tools;
        await tools.EmptyAsync(workspace.RootPath, cancellationToken);
        foreach (var layer in new[] { live.Layers.SetupWork, live.Layers.GitView }.OfType<string>())
            await tools.RunAsync("cp", ["-a", "--", Path.Combine(layer, "."), workspace.RootPath], cancellationToken);
        File.Delete(workspace.IndexFile);
        File.Delete(workspace.IndexFile + ".lock");
        await _git.RunAsync(Call(workspace, "read-tree", treeId), cancellationToken);
        await _git.RunAsync(Call(workspace, "checkout-index", "--all", "--force", "--index", "--quiet"), cancellationToken);
        var differences = (await DifferencesAsync(workspace.GitDirectory, workspace.BaseSha, treeId, cancellationToken)).ToDictionary(d => d.Path, d => d.Entry, StringComparer.Ordinal);
        var outside = live.Known.Outside.In(differences);
        await OutsideFiles.LayAsync(_git, workspace.GitDirectory, outside, workspace.RootPath, workspace.IndexFile + ".outside", cancellationToken);
        live.Known = new KnownFiles(live.Known.Base, differences.Values.OfType<TreeEntry>().ToDictionary(e => e.Path, StringComparer.Ordinal), live.Known.Outside);
        if (_options.WorkspaceOwner is not { } owner) return;
        await tools.RunAsync("chown", ["-hR", $"{owner.Uid}:{owner.Gid}", "--", workspace.RootPath], cancellationToken);
        // Changing owners changed the files' status times; refreshing the index keeps the next snapshot from reading every file again.
        await _git.TryAsync(Call(workspace, "update-index", "-q", "--refresh"), cancellationToken);
    }

    private Task<byte[]> ListingAsync(string gitDirectory, string treeish, CancellationToken cancellationToken) =>
        _git.RunAsync(new GitCall(gitDirectory, "ls-tree", "-r", "-z", "--long", "--full-tree", treeish), cancellationToken);

    private string FolderOf(string workspaceId)
    {
        var plain = workspaceId.Length is > 0 and <= 120 && workspaceId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        return plain && !workspaceId.StartsWith('.')
            ? Path.Combine(_workspaces, workspaceId)
            : throw new ArgumentException($"'{workspaceId}' is not a workspace id: letters, digits, dots, dashes and underscores.", nameof(workspaceId));
    }

    private static byte[] Zipped(IEnumerable<string> paths) => GitText.Encode(string.Concat(paths.Select(p => p + '\0')));

    private static string[] Records(byte[] output) => Text(output).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
