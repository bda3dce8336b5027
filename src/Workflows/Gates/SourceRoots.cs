namespace CodingAgent.Workflows.Gates;

/// <summary>Where a repository keeps which kind of file: a new one elsewhere is worth a look.</summary>
public static class SourceRoots
{
    /// <summary>What is said of such a file.</summary>
    public const string Words = "is a new file where the repository had none of its kind";

    /// <summary>Those of some paths that the base has neither, nor any file with the same ending in the same top folder (at the root, for a file there). Prose is none of them.</summary>
    /// <param name="paths">Paths that may be new.</param>
    /// <param name="baseFiles">All paths of the base; when empty, nothing is known and nothing is outside.</param>
    public static IReadOnlyList<string> Outside(IEnumerable<string> paths, IReadOnlyCollection<string> baseFiles)
    {
        if (baseFiles.Count == 0)
            return [];
        var known = baseFiles.ToHashSet(StringComparer.Ordinal);
        var roots = baseFiles.Select(Root).ToHashSet();
        return [.. paths.Where(p => !known.Contains(p) && !TestsGate.IsProse(p) && !roots.Contains(Root(p))).Distinct(StringComparer.Ordinal)];
    }

    private static (string Top, string Ending) Root(string path) => (path.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? path[..slash] : "", SourceLine.EndingOf(path).ToLowerInvariant());
}
