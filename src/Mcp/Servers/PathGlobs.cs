using CodingAgent.Mcp.Files;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The files that a call asks for.</summary>
/// <param name="Globs">Globs, and whether each names folders; none for all files.</param>
/// <param name="Path">The folder they may also be relative to; empty for the root.</param>
internal sealed record PathGlobs(IReadOnlyList<(Glob Glob, bool HasFolder)> Globs, string Path)
{
    /// <summary>The folder all of them lie in.</summary>
    public string Folder => Globs is [var only] && only.HasFolder ? only.Glob.Folder : "";

    /// <summary>Reads a glob, or a list of them separated by commas as ripgrep's users write it, or a name with a comma.</summary>
    /// <param name="pattern">Without a slash it is about names at any depth; null for all files.</param>
    /// <param name="path">As <see cref="Path"/>.</param>
    /// <exception cref="McpException">It cannot be read.</exception>
    public static PathGlobs Parse(string? pattern, string path = "")
    {
        try
        {
            if (string.IsNullOrWhiteSpace(pattern)) return new PathGlobs([], path);
            var parts = Glob.SplitAtCommas(pattern).Select(p => p.Trim()).Where(p => p.Length > 0).Append(pattern).Distinct();
            return new PathGlobs([.. parts.Select(p => (Glob.Parse(p), p.Contains('/', StringComparison.Ordinal)))], path);
        }
        catch (ArgumentException e)
        {
            throw new McpException(e.Message, e);
        }
    }

    /// <summary>True for a file that is asked for.</summary>
    public bool IsMatch(string path) => Globs.Count == 0 || Globs.Any(g =>
        g.Glob.IsMatch(path)
        || (!g.HasFolder && g.Glob.IsMatch(path[(path.LastIndexOf('/') + 1)..]))
        || (Path.Length > 0 && path.StartsWith($"{Path}/", StringComparison.Ordinal) && g.Glob.IsMatch(path[(Path.Length + 1)..])));

    /// <summary>True when a glob names the folder, so that it is wanted although it is build output.</summary>
    public bool LeadsInto(string folder) =>
        Globs.Any(g => new[] { g.Glob.Folder, $"{Path}/{g.Glob.Folder}" }.Any(f => f == folder || f.StartsWith($"{folder}/", StringComparison.Ordinal)));
}
