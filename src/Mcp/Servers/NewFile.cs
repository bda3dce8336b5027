using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// A file that does not exist yet: in the encoding that .editorconfig gives, else UTF-8; with the line break of its neighbours of the same
/// kind, else .editorconfig's, else \n.
/// </summary>
internal static class NewFile
{
    private const int LargestNeighbour = 256 * 1024;
    private const int MostNeighbours = 5;

    /// <summary>Makes the file.</summary>
    /// <exception cref="TextEncodingException">The encoding does not have a character of the content.</exception>
    public static TextFile Create(WorkspaceFolder folder, string path, string content, CancellationToken stop)
    {
        var config = EditorConfig.For(folder, path, stop);
        var encoding = config.Charset is null ? TextEncoding.Utf8 : TextEncoding.Named(config.Charset) ?? TextEncoding.Utf8;
        // What came with its own line ends was written so on purpose (a .bat file).
        var lineBreak = content.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : OfNeighbours(folder, path, stop) ?? (config.EndOfLine == "crlf" && !GitConverts(folder) ? "\r\n" : "\n");
        // U+FEFF at the start is the mark itself, where the encoding has one.
        return TextFile.New(encoding, lineBreak).ReplaceAll(encoding == TextEncoding.Utf8 ? content : content.TrimStart('\ufeff'), stop);
    }

    private static string? OfNeighbours(WorkspaceFolder folder, string path, CancellationToken stop)
    {
        var parent = path[..Math.Max(0, path.LastIndexOf('/'))];
        if (parent.Length > 0 && folder.Stat(parent).Kind != FolderEntryKind.Directory) return null;
        var neighbours = folder.Walk(parent, _ => false, stop)
            .Where(e => e is { Kind: FolderEntryKind.File, Size: > 0 and <= LargestNeighbour } && Path.GetExtension(e.Path) == Path.GetExtension(path)).Take(MostNeighbours);
        foreach (var entry in neighbours)
        {
            try
            {
                var text = Encoding.Latin1.GetString(folder.Read(entry.Path, LargestNeighbour));
                var (all, windows) = (text.Count(c => c == '\n'), text.Split("\r\n").Length - 1);
                if (all > 0 && (windows == 0 || windows == all)) return windows == all ? "\r\n" : "\n";
            }
            catch (WorkspacePathException)
            {
                // Gone since it was listed.
            }
        }

        return null;
    }

    /// <summary>Where attributes name text files, git keeps \n in its objects, which is what a workspace holds.</summary>
    private static bool GitConverts(WorkspaceFolder folder)
    {
        try
        {
            return Encoding.Latin1.GetString(folder.Read(".gitattributes", LargestNeighbour)).Split('\n').Any(l => l.Contains(" text", StringComparison.Ordinal) || l.Contains(" eol=", StringComparison.Ordinal));
        }
        catch (WorkspacePathException)
        {
            return false;
        }
    }
}
