namespace CodingAgent.Mcp.Git;

/// <summary>One changed file.</summary>
/// <param name="Path">Path from the root, after the change.</param>
/// <param name="Kind">What happened; renames appear as a deletion and an addition, so that no rule can be renamed around.</param>
/// <param name="Mode">Git mode after the change (100644, 100755, 120000 symlink, 160000 submodule); the old mode when deleted.</param>
/// <param name="Size">Bytes after the change; 0 when deleted.</param>
/// <param name="IsBinary">Not text.</param>
/// <param name="Insertions">Added lines.</param>
/// <param name="Deletions">Removed lines.</param>
public sealed record ChangedFile(string Path, ChangeKind Kind, string Mode, long Size, bool IsBinary, int Insertions, int Deletions);
