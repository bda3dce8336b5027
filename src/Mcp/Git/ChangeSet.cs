namespace CodingAgent.Mcp.Git;

/// <summary>What a tree changes against a base commit, read from git objects and nothing else.</summary>
/// <param name="BaseSha">Base commit.</param>
/// <param name="TreeId">Tree with the change.</param>
/// <param name="Files">Changed files, by path.</param>
/// <param name="Insertions">Added lines of text files together.</param>
/// <param name="Deletions">Removed lines of text files together.</param>
public sealed record ChangeSet(string BaseSha, string TreeId, IReadOnlyList<ChangedFile> Files, int Insertions, int Deletions)
{
    /// <summary>True when nothing changed.</summary>
    public bool IsEmpty => Files.Count == 0;
}

/// <summary>One changed file.</summary>
/// <param name="Path">Path from the root, after the change.</param>
/// <param name="Kind">What happened; renames appear as a deletion and an addition, so that no rule can be renamed around.</param>
/// <param name="Mode">Git mode after the change (100644, 100755, 120000 symlink, 160000 submodule); the old mode when deleted.</param>
/// <param name="Size">Bytes after the change; 0 when deleted.</param>
/// <param name="IsBinary">Not text.</param>
/// <param name="Insertions">Added lines.</param>
/// <param name="Deletions">Removed lines.</param>
public sealed record ChangedFile(string Path, ChangeKind Kind, string Mode, long Size, bool IsBinary, int Insertions, int Deletions);

/// <summary>What happened to a file.</summary>
public enum ChangeKind
{
    /// <summary>New file.</summary>
    Added,

    /// <summary>Content or mode changed.</summary>
    Modified,

    /// <summary>Removed.</summary>
    Deleted,
}
