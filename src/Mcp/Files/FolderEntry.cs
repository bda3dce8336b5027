namespace CodingAgent.Mcp.Files;

/// <summary>One name in a workspace.</summary>
/// <param name="Path">From the workspace's root, with forward slashes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Mode">Permission bits.</param>
internal readonly record struct FolderEntry(string Path, FolderEntryKind Kind, long Size, uint Mode);
