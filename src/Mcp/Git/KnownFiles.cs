namespace CodingAgent.Mcp.Git;

/// <summary>
/// The files that a workspace's task did not invent: those of its base, and those of the tree it was filled with. They are never ignored,
/// and one that a snapshot must skip stays what it is here.
/// </summary>
/// <param name="origin">Files of the base commit.</param>
/// <param name="start">Entries of the starting tree that the base has not, or has otherwise.</param>
/// <param name="outside">What the workspace shows in place of some of them.</param>
internal sealed class KnownFiles(TrackedPaths origin, IReadOnlyDictionary<string, TreeEntry> start, OutsideContents outside)
{
    public TrackedPaths Base => origin;

    public OutsideContents Outside => outside;

    public IReadOnlyDictionary<string, TreeEntry> Start => start;

    /// <summary>Submodules of the base that the starting tree has not; a missing folder alone never means that.</summary>
    public IReadOnlyList<string> DroppedSubmodules { get; init; } = [];

    public TreeEntry? Find(string path) => start.GetValueOrDefault(path) ?? origin.Find(path);

    /// <summary>A known file, link or submodule that is not a folder of other files.</summary>
    public bool IsFile(string path) => Find(path) is { Mode: not TrackedPaths.Submodule };

    /// <summary>A submodule itself, or something in one.</summary>
    public bool IsInSubmodule(string path) => origin.Submodules.Concat(start.Values.Where(e => e.Mode == TrackedPaths.Submodule).Select(e => e.Path))
        .Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal));

    public IEnumerable<string> Below(string folder) =>
        origin.Below(folder).Concat(start.Keys.Where(p => origin.Find(p) is null && p.StartsWith(folder + "/", StringComparison.Ordinal)));

    public bool AnyBelow(string folder) => Below(folder).Any();
}
