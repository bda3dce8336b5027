using System.Globalization;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Makes outside text (issues, reviews, model output, tool output) safe inside our comments: it cannot mention people, link issues, hide
/// text, plant one of our markers, or break out of a table, list, quote or fence; and what looks like a credential is masked.
/// </summary>
public static class Markdown
{
    private const char ZeroWidthSpace = '\u200B';

    /// <summary>One line of text; line breaks become spaces, length is bounded.</summary>
    public static string Inline(string? text, int max = 300)
    {
        var line = string.Join(' ', Clean(text).Split(['\n', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        return EscapedLine.Of(Cut(line, max));
    }

    /// <summary>Several lines as a block quote.</summary>
    public static string Quote(string? text, int max = 2_000)
    {
        var lines = Cut(Clean(text).Trim(), max).Split('\n');
        return string.Join('\n', lines.Select(l => $"> {EscapedLine.Of(l.Trim())}".TrimEnd()));
    }

    /// <summary>A path, command or id as a code span that also holds inside a table.</summary>
    public static string Code(string? text, int max = 200)
    {
        var line = string.Join(' ', Clean(text).Split(['\n', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        // In a table a bar is escaped by a backslash, which must not be taken for the text's own.
        line = BreakMarker(Cut(line, max)).Replace('`', '\'').Replace("\\|", $"\\{ZeroWidthSpace}|", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
        return line.Length == 0 ? "" : $"`{line}`";
    }

    /// <summary>Output as a fenced block whose fence is longer than any run of backticks inside; keeps the end of long text.</summary>
    public static string Fence(string? text, int max = 3_000)
    {
        var body = LiveWords.BreakLines(TextCut.Tail(BreakMarker(Clean(text)).Trim('\n'), max, "…\n"));
        var fence = new string('`', Math.Max(3, LongestRun(body, '`') + 1));
        return $"{fence}text\n{body}\n{fence}";
    }

    /// <summary>A link to one of the forge's own pages.</summary>
    public static string Link(string label, Uri? target) =>
        target is null || target.Scheme is not ("http" or "https")
            ? Inline(label)
            : $"[{Inline(label)}]({target.AbsoluteUri.Replace("(", "%28", StringComparison.Ordinal).Replace(")", "%29", StringComparison.Ordinal)})";

    /// <summary>US dollars.</summary>
    public static string Dollars(decimal amount) => string.Create(CultureInfo.InvariantCulture, $"${amount:0.00}");

    /// <summary>A count with thousands separators.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count and what is counted: <c>1 file</c>, <c>2 files</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>A time span in the two largest fitting units.</summary>
    public static string Span(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}d {time.Hours}h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h {time.Minutes}m"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s"),
    };

    private static string Clean(string? text) => SecretShapes.Mask(ReadableText.Of(text));

    // Code spans and fences show text as it is, and a reader of raw comments must not find a marker in them.
    private static string BreakMarker(string text) => text.Replace("<!--", $"<{ZeroWidthSpace}!--", StringComparison.Ordinal);

    private static string Cut(string text, int max) => TextCut.Head(text, max, "…");

    private static int LongestRun(string text, char c)
    {
        int longest = 0, run = 0;
        foreach (var ch in text)
        {
            run = ch == c ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
