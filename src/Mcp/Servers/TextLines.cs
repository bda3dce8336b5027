using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>Text files as tools show them.</summary>
internal static class TextLines
{
    private const int LongestLine = 1000;

    /// <summary>Reads a file; one that is not text is refused in words.</summary>
    /// <param name="path">Its name, for the message.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="declared">Name of the encoding that the folder's configuration declares.</param>
    /// <exception cref="WorkspacePathException">It is not text.</exception>
    public static TextFile Decode(string path, byte[] bytes, Func<string?>? declared = null) =>
        TextFile.Decode(bytes, declared) ?? throw new WorkspacePathException($"{path} is a binary file ({bytes.Length} bytes); only text can be shown and edited.");

    /// <summary>Lines with their numbers: the number right-aligned in six columns, a tab, the line.</summary>
    /// <param name="lines">All lines.</param>
    /// <param name="first">First to show, from 1.</param>
    /// <param name="count">How many.</param>
    /// <param name="column">First character of each line to show, from 1.</param>
    public static string Number(IReadOnlyList<string> lines, int first, int count, int column = 1)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count && i <= lines.Count; i++)
        {
            var line = TextEncoding.Shown(lines[i - 1]);
            var skipped = Math.Min(column - 1, line.Length);
            var shown = line.Substring(skipped, Math.Min(LongestLine, line.Length - skipped));
            var left = line.Length - skipped - shown.Length;
            text.Append(CultureInfo.InvariantCulture, $"{i,6}\t{shown}");
            if (left > 0) text.Append(CultureInfo.InvariantCulture, $" [... {left} more characters; read_file shows them with start_column {skipped + shown.Length + 1} ...]");
            text.Append('\n');
        }

        return text.ToString();
    }
}
