using System.Text;

namespace CodingAgent.Mcp.Files;

/// <summary>What the .editorconfig files above a path say about its encoding and line break (editorconfig.org, 0.17.2).</summary>
/// <param name="Charset">As written: utf-8, utf-8-bom, latin1, utf-16le, utf-16be; null when nothing is said.</param>
/// <param name="EndOfLine">lf, crlf or cr; null when nothing is said.</param>
internal sealed record EditorConfig(string? Charset, string? EndOfLine)
{
    private const int LargestFile = 64 * 1024;

    /// <summary>Reads them, the nearest first, up to the one that calls itself root. What cannot be read says nothing.</summary>
    /// <param name="folder">The workspace.</param>
    /// <param name="path">The file.</param>
    /// <param name="stop">Gives it up: there may be as many files as folders, with thousands of sections each.</param>
    public static EditorConfig For(WorkspaceFolder folder, string path, CancellationToken stop)
    {
        string? charset = null, endOfLine = null;
        for (var at = path.LastIndexOf('/'); ; at = at < 0 ? -1 : path.LastIndexOf('/', at - 1))
        {
            var above = at < 0 ? "" : path[..at];
            var below = at < 0 ? path : path[(at + 1)..];
            var isRoot = false;
            // Within one file the later section wins, between files the nearer one.
            string? nearCharset = null, nearEnd = null;
            foreach (var (section, key, value) in Properties(Read(folder, above.Length == 0 ? ".editorconfig" : $"{above}/.editorconfig")))
            {
                stop.ThrowIfCancellationRequested();
                if (section is null) isRoot |= key == "root" && value == "true";
                else if (key is not ("charset" or "end_of_line") || !IsFor(section, below)) continue;
                else if (key == "charset") nearCharset = value;
                else nearEnd = value;
            }

            charset ??= nearCharset;
            endOfLine ??= nearEnd;
            if (isRoot || at < 0) return new EditorConfig(charset is "unset" ? null : charset, endOfLine is "unset" ? null : endOfLine);
        }
    }

    private static bool IsFor(string section, string below)
    {
        try
        {
            // Without a slash a section is about names at any depth.
            return Glob.Parse(section.Contains('/', StringComparison.Ordinal) ? section : $"**/{section}").IsMatch(below);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static IEnumerable<(string? Section, string Key, string Value)> Properties(string text)
    {
        string? section = null;
        foreach (var line in TextFile.Split(text).Lines.Select(l => l.Trim()))
        {
            if (line.Length == 0 || line[0] is '#' or ';') continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1];
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) yield return (section, line[..equals].Trim().ToLowerInvariant(), line[(equals + 1)..].Trim().ToLowerInvariant());
        }
    }

    private static string Read(WorkspaceFolder folder, string path)
    {
        try
        {
            return Encoding.UTF8.GetString(folder.Read(path, LargestFile));
        }
        catch (WorkspacePathException)
        {
            return "";
        }
    }
}
