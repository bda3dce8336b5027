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
