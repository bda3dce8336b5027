namespace CodingAgent.Mcp.Overlays;

/// <summary>Folders that overlayfs joins into one.</summary>
/// <param name="Lower">Read-only layers, the topmost first.</param>
/// <param name="Upper">What is written goes here.</param>
/// <param name="Work">Overlayfs's own folder, empty, on the file system of <paramref name="Upper"/>.</param>
/// <param name="MountPoint">Where all of it appears.</param>
internal sealed record OverlayStack(IReadOnlyList<string> Lower, string Upper, string Work, string MountPoint)
{
    /// <summary>The mount options.</summary>
    /// <param name="extra">Options beside the folders.</param>
    /// <param name="nameOf">
    /// What a folder is called in them, without colons, commas and backslashes. Everybody who sees the mount sees these names, commands too: so they are
    /// those of open descriptors, which say nothing about this machine.
    /// </param>
    public string Options(string extra, Func<string, string> nameOf) =>
        $"lowerdir={string.Join(':', Lower.Select(nameOf))},upperdir={nameOf(Upper)},workdir={nameOf(Work)},{extra}";
}

/// <summary>A mounted stack; disposing unmounts it.</summary>
internal interface IOverlay : IDisposable
{
    /// <summary>Where this process sees it.</summary>
    string HostPath { get; }

    /// <summary>Program and arguments to put before a command so that it sees the mount at its mount point; empty when every process does.</summary>
    IReadOnlyList<string> Enter { get; }

    /// <summary>False when the mount is gone by itself.</summary>
    bool IsMounted { get; }

    /// <summary>Takes the mount away and leaves its place, so that the layers may be changed.</summary>
    Task DetachAsync(CancellationToken cancellationToken);

    /// <summary>Mounts at the same place after <see cref="DetachAsync"/>, maybe with other layers.</summary>
    /// <exception cref="OverlayException">It cannot be mounted.</exception>
    Task AttachAsync(OverlayStack stack, CancellationToken cancellationToken);
}

/// <summary>A way to mount overlays.</summary>
internal interface IOverlayMounter
{
    /// <summary>Namespace of the marks that overlayfs leaves in upper layers.</summary>
    string AttributePrefix { get; }

    /// <summary>Mounts a stack.</summary>
    /// <exception cref="OverlayException">It cannot be mounted; the message says why.</exception>
    Task<IOverlay> MountAsync(OverlayStack stack, CancellationToken cancellationToken);
}

/// <summary>An overlay cannot be mounted.</summary>
internal sealed class OverlayException(string message, Exception? inner = null) : Exception(message, inner);
