using System.Text;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// A text file: its encoding, and its lines with the line break each of them has. Only \n, \r\n and \r break lines; a form feed, U+0085 or
/// U+2028 is text like any other, as compilers and git see it. What an edit does not touch is written back byte for byte.
/// </summary>
internal sealed class TextFile
{
    private readonly string[] _lines;
    private readonly string[] _breaks;
    private readonly string _fallbackBreak;

    private TextFile(string[] lines, string[] breaks, TextEncoding encoding, string fallbackBreak) =>
        (_lines, _breaks, Encoding, _fallbackBreak) = (lines, breaks, encoding, fallbackBreak);

    /// <summary>How the bytes are read and written.</summary>
    public TextEncoding Encoding { get; }

    /// <summary>Lines without their breaks, and as the last what follows the last break: nothing, where the file ends with one.</summary>
    public IReadOnlyList<string> Segments => _lines;

    /// <summary>Lines as people count them: a final break makes no empty line.</summary>
    public ReadOnlySpan<string> Lines => _lines.AsSpan(0, _lines[^1].Length == 0 ? _lines.Length - 1 : _lines.Length);

    /// <summary>False when the last line has no break.</summary>
    public bool EndsWithBreak => _lines.Length == 1 || _lines[^1].Length == 0;

    /// <summary>The text to show: \n only, and U+FFFD for bytes that are no text.</summary>
    public string Text => TextEncoding.Shown(string.Join('\n', _lines));

    /// <summary>"CRLF", "CR" or "mixed"; null for LF, and for a file without breaks.</summary>
    public string? UnusualBreaks
    {
        get
        {
            var kinds = _breaks.AsSpan(0, _breaks.Length - 1).ToArray().Distinct(StringComparer.Ordinal).ToList();
            return kinds switch
            {
                [] or ["\n"] => null,
                ["\r\n"] => "CRLF",
                ["\r"] => "CR",
                _ => "mixed",
            };
        }
    }

    /// <summary>Reads bytes; null when they are no text.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="declared">Name of the encoding that the folder's configuration declares, asked only when the file itself does not tell.</param>
    public static TextFile? Decode(byte[] bytes, Func<string?>? declared = null)
    {
        if (TextEncoding.Detect(bytes, declared ?? (() => null)) is not { } found) return null;
        var (lines, breaks) = Split(found.Text);
        return new TextFile(lines, breaks, found.Encoding, "\n");
    }

    /// <summary>A file that does not exist yet.</summary>
    /// <param name="encoding">Its encoding.</param>
    /// <param name="lineBreak">Its line break.</param>
    public static TextFile New(TextEncoding encoding, string lineBreak) => new([""], [""], encoding, lineBreak);

    /// <summary>
    /// Puts other lines in the place of some. A line that stays keeps its break; a new one takes the break of the line it replaces, else
    /// of its neighbour.
    /// </summary>
    /// <param name="first">Index of the first segment to replace.</param>
    /// <param name="count">How many, at least one.</param>
    /// <param name="fresh">What comes there, at least one; none contains a line break.</param>
    /// <param name="stop">Gives it up.</param>
    /// <exception cref="TextEncodingException">The encoding of the file is not known, and the lines bring characters that it does not have.</exception>
    public TextFile Replace(int first, int count, IReadOnlyList<string> fresh, CancellationToken stop = default)
    {
        Encoding.RequireKnown(fresh, _lines);
        var kept = LineAlignment.Of(_lines.AsSpan(first, count).ToArray(), fresh, stop);
        // For each new line the next one that stays, itself included: looked up from the end, once.
        var nexts = new int[fresh.Count];
        for (int i = fresh.Count - 1, next = -1; i >= 0; i--) nexts[i] = next = kept[i] >= 0 ? i : next;
        var breaks = new string[fresh.Count];
        for (int i = 0, before = -1, inGap = 0; i < fresh.Count; i++)
        {
            if (kept[i] >= 0)
            {
                (before, inGap) = (kept[i], 0);
                breaks[i] = BreakNear(first + before);
                continue;
            }

            // Lines of the file that lie between the neighbours that stay are what this one replaces.
            var after = nexts[i] < 0 ? count : kept[nexts[i]];
            var source = after - before > 1 ? Math.Min(before + 1 + inGap, after - 1) : before >= 0 ? before : -1;
            inGap++;
            breaks[i] = source >= 0 ? BreakNear(first + source) : BreakNear(first > 0 ? first - 1 : first);
        }

        // What comes last ends where the last line that it replaces ended: that break is not part of what was replaced.
        if (kept[^1] < 0) breaks[^1] = BreakNear(first + count - 1);
        string[] lines = [.. _lines[..first], .. fresh, .. _lines[(first + count)..]];
        string[] all = [.. _breaks[..first], .. breaks, .. _breaks[(first + count)..]];
        all[^1] = "";
        // A last line that had no break has one now that others follow.
        for (var i = 0; i < all.Length - 1; i++) if (all[i].Length == 0) all[i] = i > 0 ? all[i - 1] : _fallbackBreak;
        return new TextFile(lines, all, Encoding, _fallbackBreak);
    }

    /// <summary>Puts another text in the place of the whole; its line breaks are read as \n.</summary>
    public TextFile ReplaceAll(string text, CancellationToken stop = default) => Replace(0, _lines.Length, Split(text).Lines, stop);

    /// <summary>The bytes to write.</summary>
    /// <exception cref="TextEncodingException">The encoding does not have a character of the text.</exception>
    public byte[] Encode()
    {
        var text = new StringBuilder();
        for (var i = 0; i < _lines.Length; i++) text.Append(_lines[i]).Append(_breaks[i]);
        return Encoding.Encode(text.ToString());
    }

    /// <summary>Splits at \n, \r\n and \r.</summary>
    public static (string[] Lines, string[] Breaks) Split(string text)
    {
        var (lines, breaks, start) = (new List<string>(), new List<string>(), 0);
        while (text.AsSpan(start).IndexOfAny('\r', '\n') is var at and >= 0)
        {
            var end = start + at;
            var length = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1;
            lines.Add(text[start..end]);
            breaks.Add(length == 2 ? "\r\n" : text[end] == '\r' ? "\r" : "\n");
            start = end + length;
        }

        lines.Add(text[start..]);
        breaks.Add("");
        return ([.. lines], [.. breaks]);
    }

    private string BreakNear(int line) =>
        _breaks[line].Length > 0 ? _breaks[line] : line > 0 ? _breaks[line - 1] : _fallbackBreak;
}
