namespace CodingAgent.Mcp.Files;

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
