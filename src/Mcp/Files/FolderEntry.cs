namespace CodingAgent.Mcp.Files;

/// <summary>One name in a workspace.</summary>
/// <param name="Path">From the workspace's root, with forward slashes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Mode">Permission bits.</param>
internal readonly record struct FolderEntry(string Path, FolderEntryKind Kind, long Size, uint Mode);

/// <summary>What a name in a workspace is, itself: a link is a link, whatever it points at.</summary>
internal enum FolderEntryKind
{
    Missing,
    File,
    Directory,
    SymbolicLink,

    /// <summary>Pipe, socket, device, or a name that is not UTF-8.</summary>
    Other,
}

/// <summary>A path cannot be used as asked; the message is fit for the model that asked.</summary>
internal sealed class WorkspacePathException(string message) : Exception(message);
