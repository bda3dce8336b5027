using System.Text;

namespace CodingAgent.Workflows.Ci;

/// <summary>
/// A CI log as lines that people would read: without time stamps, colours, progress bars and the runner's own marks, and without the scripts it
/// repeats before it runs them. Pure and total.
/// </summary>
internal static class LogLines
{
    private const int LongestLine = 1_000;
    private const int KeptEnd = 200;

    /// <summary>The lines, in order.</summary>
    public static List<LogLine> Of(string log)
    {
        var lines = new List<LogLine>();
        var inScript = false;
        foreach (var range in log.AsSpan().Split('\n'))
        {
            var text = Clean(log.AsSpan()[range]);
            if (text.StartsWith("##[group]Run ", StringComparison.Ordinal))
                inScript = true;
            var isEnd = text.StartsWith("##[endgroup]", StringComparison.Ordinal);
            // The first line of it says what runs; a script says "error" as often as what it prints.
            var isPrinted = !isEnd && (!inScript || text.StartsWith("##[group]", StringComparison.Ordinal));
            inScript &= !isEnd && !text.StartsWith("##[error]", StringComparison.Ordinal);
            if (isPrinted || text.StartsWith("##[error]", StringComparison.Ordinal))
                lines.Add(Unmarked(text));
        }

        return lines;
    }

    private static LogLine Unmarked(string text)
    {
        if (!text.StartsWith("##[", StringComparison.Ordinal) || text.IndexOf(']', StringComparison.Ordinal) is not (> 3 and < 20 and var end))
            return new LogLine(text, false);
        var rest = text[(end + 1)..];
        return text[3..end] switch
        {
            "error" => new LogLine($"error: {rest}", true),
            "warning" => new LogLine($"warning: {rest}", false),
            "debug" => new LogLine("", false),
            _ => new LogLine(rest, false),
        };
    }

    private static string Clean(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd('\r').TrimStart('\uFEFF');
        line = line[StampLength(line)..];
        // What was written over: a progress bar.
        if (line.LastIndexOf('\r') is >= 0 and var at)
            line = line[(at + 1)..];
        if (line.Length > 4 * LongestLine)
            line = string.Concat(line[..(2 * LongestLine)], "…", line[^LongestLine..]);
        var text = new StringBuilder(Math.Min(line.Length, LongestLine + 1));
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\u001b')
                i = EndOfEscape(line, i);
            else if (line[i] == '\t' || !char.IsControl(line[i]))
                text.Append(line[i]);
        }

        var clean = text.ToString().TrimEnd();
        return clean.Length <= LongestLine ? clean : clean[..(LongestLine - KeptEnd - 1)] + "…" + clean[^KeptEnd..];
    }

    // 2026-11-30T20:13:07.1234567Z and a space, as runners write it before every line.
    private static int StampLength(ReadOnlySpan<char> line)
    {
        const string shape = "0000-00-00T00:00:00";
        if (line.Length <= shape.Length)
            return 0;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] == '0' ? !char.IsAsciiDigit(line[i]) : line[i] != shape[i])
                return 0;
        }

        var end = shape.Length;
        if (line[end] == '.')
            end++;
        while (end < line.Length && char.IsAsciiDigit(line[end]))
            end++;
        if (end >= line.Length || line[end] != 'Z')
            return 0;
        end++;
        return end < line.Length && line[end] == ' ' ? end + 1 : end;
    }

    // Colours and cursor moves end with a letter; titles and links with a bell or an escape of their own.
    private static int EndOfEscape(ReadOnlySpan<char> line, int at)
    {
        if (at + 1 >= line.Length)
            return at;
        var i = at + 2;
        switch (line[at + 1])
        {
            case '[':
                while (i < line.Length && line[i] is >= ' ' and < '@')
                    i++;
                return Math.Min(i, line.Length - 1);
            case ']':
                while (i < line.Length && line[i] is not ('\a' or '\u001b'))
                    i++;
                return i + 1 < line.Length && line[i] == '\u001b' ? i + 1 : Math.Min(i, line.Length - 1);
            default:
                return at + 1;
        }
    }
}

/// <summary>One line of a log.</summary>
/// <param name="Text">What it says.</param>
/// <param name="IsError">The runner itself marked it as an error.</param>
internal readonly record struct LogLine(string Text, bool IsError);
