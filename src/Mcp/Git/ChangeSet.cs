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

    /// <summary>Every path that is not what it was, the old ones of renames too.</summary>
    public IReadOnlyList<string> Paths => [.. Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal)];
}

/// <summary>One changed file.</summary>
/// <param name="Path">Path from the root, after the change; bytes that are not UTF-8 as in <see cref="GitText"/>.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Mode">Git mode after the change (100644, 100755, 120000 symlink, 160000 submodule); the old mode when deleted.</param>
/// <param name="Size">Bytes after the change; 0 when deleted.</param>
/// <param name="IsBinary">Not text.</param>
/// <param name="Insertions">Added lines; of a rename or copy those that its source does not have.</param>
/// <param name="Deletions">Removed lines, likewise.</param>
public sealed record ChangedFile(string Path, ChangeKind Kind, string Mode, long Size, bool IsBinary, int Insertions, int Deletions)
{
    /// <summary>Where a rename or copy comes from; null otherwise. A rule that judges paths judges a rename's old path too.</summary>
    public string? OldPath { get; init; }

    /// <summary>Mode before the change (of the source, for a rename or copy); null for a new file.</summary>
    public string? OldMode { get; init; }

    /// <summary>How much of a rename's or copy's content is its source's, percent by git's measure; 100 when untouched; 0 for other kinds.</summary>
    public int Similarity { get; init; }

    /// <summary>False when only name or mode changed, byte for byte.</summary>
    public bool ContentChanged { get; init; } = true;

    /// <summary>True when the file begins with "#!", looked up only where an executable bit was set or taken.</summary>
    public bool IsScript { get; init; }

    /// <summary>True when the executable bit of a regular file was set or taken, or a new file has it.</summary>
    public bool ExecutableBitChanged => Kind != ChangeKind.Deleted && (Mode, OldMode) is ("100755", not "100755") or ("100644", "100755");

    /// <summary>True when it was one kind of thing (file, link, submodule) and is another now.</summary>
    public bool TypeChanged => Kind != ChangeKind.Deleted && OldMode is not null && OldMode[..3] != Mode[..3];

    /// <summary>The path, and for a rename the old one too: everything a rule about paths must hold for.</summary>
    public IEnumerable<string> Paths => Kind == ChangeKind.Renamed && OldPath is not null ? [Path, OldPath] : [Path];
}

/// <summary>What happened to a file.</summary>
public enum ChangeKind
{
    /// <summary>New file.</summary>
    Added,

    /// <summary>Content, mode or type changed.</summary>
    Modified,

    /// <summary>Removed.</summary>
    Deleted,

    /// <summary>Moved, at least half of it as it was; the old path is gone.</summary>
    Renamed,

    /// <summary>New file, at least half of it taken from a file that this change also touches.</summary>
    Copied,
}
