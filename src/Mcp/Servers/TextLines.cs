using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>A text file as lines, with its byte order mark and its line ending kept for writing it back.</summary>
internal sealed record TextLines(string Text, bool HasMark, bool IsCrLf)
{
    private const int LongestLine = 1000;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Lines without their ends; a final line end makes no empty line.</summary>
    public string[] Lines => Split(Text);

    /// <summary>Decodes a file; a file that is not text is refused.</summary>
    public static TextLines Decode(string path, byte[] bytes)
    {
        if (bytes.AsSpan().Contains((byte)0)) throw new WorkspacePathException($"{path} is a binary file ({bytes.Length} bytes).");
        var hasMark = bytes.AsSpan().StartsWith("\uFEFF"u8);
        try
        {
            var text = Strict.GetString(bytes, hasMark ? 3 : 0, bytes.Length - (hasMark ? 3 : 0));
            // By majority: a stray ending does not turn the whole file.
            var crLf = text.Split("\r\n").Length - 1;
            var isCrLf = crLf > 0 && crLf * 2 > text.Count(c => c == '\n');
            return new TextLines(isCrLf ? text.Replace("\r\n", "\n", StringComparison.Ordinal) : text, hasMark, isCrLf);
        }
        catch (DecoderFallbackException)
        {
            throw new WorkspacePathException($"{path} is not UTF-8 text ({bytes.Length} bytes).");
        }
    }

    /// <summary>Bytes to write.</summary>
    public byte[] Encode()
    {
        var text = IsCrLf ? Text.Replace("\n", "\r\n", StringComparison.Ordinal) : Text;
        return HasMark ? [0xef, 0xbb, 0xbf, .. Strict.GetBytes(text)] : Strict.GetBytes(text);
    }

    /// <summary>Splits at line ends; a final one makes no empty line.</summary>
    public static string[] Split(string text)
    {
        if (text.Length == 0) return [];
        var lines = text.Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    /// <summary>Lines with their numbers: the number right-aligned in six columns, a tab, the line.</summary>
    /// <param name="lines">All lines.</param>
    /// <param name="first">First to show, from 1.</param>
    /// <param name="count">How many.</param>
    public static string Number(string[] lines, int first, int count)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count && i <= lines.Length; i++)
        {
            var line = lines[i - 1];
            if (line.Length > LongestLine) line = $"{line[..LongestLine]} [... {line.Length - LongestLine} more characters ...]";
            text.Append(CultureInfo.InvariantCulture, $"{i,6}\t{line}\n");
        }

        return text.ToString();
    }
}
