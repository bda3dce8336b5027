namespace CodingAgent.Agents.Cohort;

/// <summary>Which of a repository's guidance files an agent is told: those above the files it works on, the root's first.</summary>
internal static class Guidance
{
    /// <summary>Guidance files that count for some files; the root's always does.</summary>
    public static IReadOnlyList<GuidanceFile> Above(IReadOnlyList<GuidanceFile> all, IEnumerable<string> paths)
    {
        var named = paths.Distinct(StringComparer.Ordinal).ToArray();
        return [.. all.Where(g => FolderOf(g) is var folder && (folder.Length == 0 || Array.Exists(named, p => p.StartsWith(folder, StringComparison.Ordinal)))).OrderBy(g => FolderOf(g).Count(c => c == '/')).ThenBy(g => g.Path, StringComparer.Ordinal)];
    }

    /// <summary>The folder a guidance file counts for, with its slash; empty for the root's.</summary>
    public static string FolderOf(GuidanceFile file) => file.Path[..(file.Path.LastIndexOf('/') + 1)];
}
