using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Git;

/// <summary>What this process holds and remembers of one workspace.</summary>
internal sealed class LiveWorkspace : IDisposable
{
    /// <summary>A developer's own working copy, whose files are never removed as a whole.</summary>
    public bool IsAdopted { get; init; }

    public required KnownFiles Known { get; set; }

    /// <summary>The base's .gitignore files.</summary>
    public required string Ignores { get; init; }

    /// <summary>Layers below, as the caller gave them.</summary>
    public WorkspaceLayers Layers { get; set; } = WorkspaceLayers.None;

    /// <summary>Null when the workspace is a real copy.</summary>
    public LayeredParts? Layered { get; init; }

    /// <summary>Says to other processes, and to the next start, that the workspace is in use.</summary>
    public FolderLock? Hold { get; init; }

    /// <summary>The last snapshot and the state of the files it shows; null when the next must look again.</summary>
    public (string Signature, WorkspaceSnapshot Snapshot)? Last { get; set; }

    /// <summary>Content ids by path, for files that have not changed since.</summary>
    public Dictionary<string, (FileStamp Stamp, string ObjectId)> Contents { get; private set; } = new(StringComparer.Ordinal);

    /// <summary>Files found to be what set-up left, likewise.</summary>
    public Dictionary<string, FileStamp> OfSetup { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the base's ignore rules cover a path; they never change.</summary>
    public Dictionary<string, bool> Ignored { get; } = new(StringComparer.Ordinal);

    /// <summary>Snapshots, restores and changes of layers take turns.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Forgets what was remembered of the files.</summary>
    public void Forget()
    {
        Last = null;
        OfSetup.Clear();
        Contents = new Dictionary<string, (FileStamp Stamp, string ObjectId)>(StringComparer.Ordinal);
    }

    public void Dispose()
    {
        Layered?.Overlay.Dispose();
        Layered?.Tree.Dispose();
        Hold?.Dispose();
    }
}

/// <summary>The parts of a layered workspace.</summary>
/// <param name="Tree">Checked-out base, shared.</param>
/// <param name="Overlay">The mount.</param>
/// <param name="Folder">Folder with the upper layer and overlayfs's work folder.</param>
/// <param name="MountPoint">Where it is mounted.</param>
internal sealed record LayeredParts(PreparedTree Tree, IOverlay Overlay, string Folder, string MountPoint)
{
    public string Upper => Path.Combine(Folder, "upper");

    public string Work => Path.Combine(Folder, "work");

    /// <summary>The stack over given layers, made from nothing but paths.</summary>
    public static OverlayStack Stack(PreparedTree tree, string folder, string mountPoint, WorkspaceLayers layers) => new(
        [.. new[] { layers.SetupWork, layers.GitView, tree.Files }.OfType<string>()], Path.Combine(folder, "upper"), Path.Combine(folder, "work"), mountPoint);
}
