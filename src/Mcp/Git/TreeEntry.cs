namespace CodingAgent.Mcp.Git;

/// <summary>One file of a tree.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Mode">Git mode (100644, 100755, 120000 symlink, 160000 submodule).</param>
/// <param name="ObjectId">Blob, or commit of a submodule.</param>
/// <param name="Size">Bytes; 0 for a submodule.</param>
public sealed record TreeEntry(string Path, string Mode, string ObjectId, long Size);
