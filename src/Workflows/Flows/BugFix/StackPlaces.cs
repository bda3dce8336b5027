using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>
/// Places of the repository's own code that stack traces name, in dotnet's, Python's, JavaScript's, Java's, Go's, Rust's and Ruby's way of writing
/// them. Pure; only what is a file of the tree counts.
/// </summary>
internal static partial class StackPlaces
{
    private const int MostPlaces = 12;
    private const int MostRead = 60_000;

    /// <summary>Path and line, the most often named first, each file's lines in the order they were named.</summary>
    /// <param name="output">What a failing command printed.</param>
    /// <param name="paths">Paths of the tree.</param>
    /// <param name="isLeftOut">Files that are no suspects: tests.</param>
    public static IReadOnlyList<(string Path, int Line)> In(string output, IReadOnlyList<string> paths, Func<string, bool> isLeftOut)
    {
        var byName = paths.ToLookup(p => p[(p.LastIndexOf('/') + 1)..], StringComparer.Ordinal);
        var found = new Dictionary<(string Path, int Line), int>();
        foreach (Match match in Place().Matches(output.Length > MostRead ? output[^MostRead..] : output))
        {
            var written = match.Groups["path"].Value.Replace('\\', '/');
            var line = match.Groups["line"].Value;
            if (OwnPath(written, byName) is { } path && !isLeftOut(path) && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                found[(path, number)] = found.GetValueOrDefault((path, number)) + 1;
        }

        return [.. found.OrderByDescending(f => f.Value).Select(f => f.Key).Take(MostPlaces)];
    }

    // The file whose path is written whole, or whose path is the only one that the written one ends with; Java writes the name alone.
    private static string? OwnPath(string written, ILookup<string, string> byName)
    {
        var same = byName[written[(written.LastIndexOf('/') + 1)..]].ToArray();
        var whole = same.Where(p => written == p || written.EndsWith($"/{p}", StringComparison.Ordinal)).MaxBy(p => p.Length);
        return whole ?? (written.Contains('/', StringComparison.Ordinal) || same.Length != 1 ? null : same[0]);
    }

    // a.cs:line 12; File "a.py", line 12; a.js:12:3; (A.java:12); a.go:12; a.rs:12:5; a.rb:12:in
    [GeneratedRegex(@"(?<path>[\p{L}\p{N}_.@+/\\-]+\.[\p{L}\p{N}]{1,8})(:line |"", line |:|\()(?<line>[0-9]{1,7})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Place();
}
