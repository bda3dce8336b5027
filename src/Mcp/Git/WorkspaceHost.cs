using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Git;

/// <summary>What all workspaces below one root share: the way to mount, the prepared trees, and the folders beside the workspaces.</summary>
internal sealed class WorkspaceHost
{
    private const string LockName = "lock";
    private const string MirrorName = "mirror";

    private readonly TrustedGitOptions _options;
    private readonly string _workspaces;
    private readonly string _indexes;
    private readonly string _layers;

    private WorkspaceHost(TrustedGitOptions options, string workspaces, string indexes, GitProcess git, TimeProvider time)
    {
        _options = options;
        _workspaces = workspaces;
        _indexes = indexes;
        var root = Path.GetDirectoryName(workspaces)!;
        _layers = Directory.CreateDirectory(Path.Combine(root, "layers")).FullName;
        Tools = new HostTools(options.LocalTimeout, time);
        Trees = new PreparedTrees(Directory.CreateDirectory(Path.Combine(root, "trees")).FullName, git, options, Tools, time);
    }

    public HostTools Tools { get; }

    public PreparedTrees Trees { get; }

    public WorkspaceReport Report { get; private set; } = new(WorkspaceLayering.Copy, "");

    /// <summary>Null where workspaces are real copies.</summary>
    public IOverlayMounter? Mounter { get; private set; }

    public static async Task<WorkspaceHost> StartAsync(
        TrustedGitOptions options, string workspaces, string indexes, GitProcess git, TimeProvider time, CancellationToken cancellationToken)
    {
        var host = new WorkspaceHost(options, workspaces, indexes, git, time);
        await host.CleanAsync(cancellationToken);
        var scratch = Path.Combine(host._layers, $".try-{Path.GetRandomFileName()}");
        try
        {
            (host.Report, host.Mounter) = await OverlayChoice.TryAsync(scratch, options.WorkspaceOwner, options.RequiredLayering, time, cancellationToken);
            return host;
        }
        finally
        {
            await host.Tools.RemoveAsync([scratch], CancellationToken.None);
        }
    }

    /// <summary>Where a workspace keeps what its commands must not see: upper layer, work folder, lock.</summary>
    public string StateOf(string workspaceId) => Path.Combine(_layers, workspaceId);

    /// <summary>Notes which mirror a workspace stands on.</summary>
    public void Note(string workspaceId, string gitDirectory) => File.WriteAllText(Path.Combine(StateOf(workspaceId), MirrorName), gitDirectory);

    /// <summary>True when a workspace in use, of this or another process, stands on a mirror.</summary>
    public bool IsStoodOn(string gitDirectory) => Directory.EnumerateDirectories(_layers).Any(state =>
        File.Exists(Path.Combine(state, MirrorName)) && File.ReadAllText(Path.Combine(state, MirrorName)) == gitDirectory && !FolderLock.IsFree(Path.Combine(state, LockName)));

    /// <summary>Makes the upper and the work folder where they are missing.</summary>
    public void MakeLayers(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "work"));
        var upper = Path.Combine(folder, "upper");
        if (Directory.Exists(upper)) return;
        Directory.CreateDirectory(upper);
        // The upper layer's root is the workspace's.
        Own(upper);
    }

    /// <summary>Gives a folder to the commands' user, by default open to all for reading.</summary>
    public void Own(string folder, uint mode = 0x1ed)
    {
        if (Libc.ChangeModeAt(Libc.CurrentDirectory, folder, mode, 0) != 0) throw new GitFailedException($"{folder} cannot be opened to its owner.");
        if (_options.WorkspaceOwner is { } owner && Libc.ChangeOwnerAt(Libc.CurrentDirectory, folder, (uint)owner.Uid, (uint)owner.Gid, Libc.SymlinkNoFollow) != 0)
            throw new GitFailedException($"{folder} cannot be given to the sandbox's user {owner.Uid}.");
    }

    /// <summary>Deletes all of a workspace, whatever its maker left in it.</summary>
    public async Task RemoveAsync(string workspaceId, string mountPoint, CancellationToken cancellationToken)
    {
        RootOverlays.Unmount(mountPoint);
        var index = Path.Combine(_indexes, workspaceId);
        await Tools.RemoveAsync([mountPoint, StateOf(workspaceId), index, index + ".lock", index + ".ignores"], cancellationToken);
    }

    /// <summary>Unmounts and removes what no living process holds.</summary>
    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        await Trees.CleanAsync(cancellationToken);
        var left = Directory.EnumerateDirectories(_layers).Concat(Directory.EnumerateDirectories(_workspaces))
            .Select(d => Path.GetFileName(d)!)
            .Distinct(StringComparer.Ordinal)
            .Where(id => FolderLock.IsFree(Path.Combine(StateOf(id), LockName)))
            .ToList();
        var dead = left.SelectMany(id => new[] { Path.Combine(_workspaces, id), StateOf(id) }).ToHashSet(StringComparer.Ordinal);
        foreach (var mount in MountTable.Below(Path.GetDirectoryName(_workspaces)!))
        {
            if (dead.Any(d => mount == d || mount.StartsWith(d + "/", StringComparison.Ordinal))) RootOverlays.Unmount(mount);
        }

        foreach (var id in left) await RemoveAsync(id, Path.Combine(_workspaces, id), cancellationToken);
    }
}
