namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Replaces a text that is there exactly. Two habits of models are understood: a final line break that only the old text has, and one line
/// without its indentation replaced by several.
/// </summary>
internal static class EditSplice
{
    private const string Opening = "{[(";
    private const string Closing = "}])";

    /// <summary>Replaces a text at a place.</summary>
    /// <param name="segments">The file's segments.</param>
    /// <param name="text">The same, joined by \n.</param>
    /// <param name="at">Where the old text begins in it.</param>
    /// <param name="oldText">Old text.</param>
    /// <param name="newText">New text.</param>
    /// <param name="overlooked">What was overlooked.</param>
    public static EditMatch At(IReadOnlyList<string> segments, string text, int at, string oldText, string newText, string? overlooked)
    {
        var first = text.AsSpan(0, at).Count('\n');
        var last = first + oldText.AsSpan().Count('\n');
        var start = at - LineStart(text, at);
        var head = segments[first][..start];
        var end = at + oldText.Length;
        var tail = segments[last][(end - LineStart(text, end))..];
        string? remark = null;
        if (oldText.EndsWith('\n') && start == 0 && newText.Length > 0 && !newText.EndsWith('\n'))
        {
            newText += "\n";
            remark = "the line break at its end was kept";
        }
        else if (head.Length > 0 && last == first && head.Trim(' ', '\t').Length == 0 && IsDedented(newText))
        {
            newText = Indented(newText, head, segments);
            remark = "the new lines were given its indentation";
        }

        return new EditMatch(first, last - first + 1, (head + newText + tail).Split('\n'), overlooked) { Remark = remark };
    }

    /// <summary>
    /// True when the lines after the first begin at the margin with nothing that belongs there: no blank line before, no directive, no tag
    /// or bracket that closes what was open before.
    /// </summary>
    private static bool IsDedented(string newText)
    {
        var lines = newText.Split('\n').ToList();
        var margin = lines.FindIndex(1, l => l.Length > 0 && l[0] is not (' ' or '\t'));
        if (margin < 0 || lines.Take(margin).Any(l => l.Trim(' ', '\t').Length == 0)) return false;
        if (lines[margin][0] == '#' || lines[margin].StartsWith("</", StringComparison.Ordinal)) return false;
        var before = string.Concat(lines.Take(margin));
        return !Closing.Contains(lines[margin][0], StringComparison.Ordinal) || before.Count(c => Opening.Contains(c, StringComparison.Ordinal)) > before.Count(c => Closing.Contains(c, StringComparison.Ordinal));
    }

    private static int LineStart(string text, int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private static string Indented(string newText, string head, IReadOnlyList<string> segments)
    {
        var lines = newText.Split('\n');
        var indents = lines.Skip(1).Where(l => l.Trim(' ', '\t').Length > 0).Select(IndentShift.Indent).ToList();
        // The file's own unit for what is deeper, when the text came with another.
        var shift = IndentShift.Find([("", head)], indents, segments, CancellationToken.None);
        return string.Join('\n', lines.Select((l, i) => i == 0 || l.Trim(' ', '\t').Length == 0 ? l : (shift?.Of(IndentShift.Indent(l)) ?? head + IndentShift.Indent(l)) + l.TrimStart(' ', '\t')));
    }
}
