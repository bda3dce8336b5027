namespace CodingAgent.Workflows.Activities;

/// <summary>Makes the replacements that reviewers propose where the lines are still those they looked at. Pure, and total on any text.</summary>
public static class SuggestedEdits
{
    /// <summary>The text with every proposal that can be made, and why each other one cannot; in the order given.</summary>
    public static (string Text, IReadOnlyList<string?> WhyNot) Apply(string text, IReadOnlyList<Proposal> proposals)
    {
        var lines = LinesOf(text);
        var whyNot = proposals.Select((p, i) => WhyNot(lines, p, proposals.Where((_, j) => j != i))).ToArray();
        // From the end, so that those before keep their numbers. The same said twice is one.
        foreach (var proposal in proposals.Where((_, i) => whyNot[i] is null).DistinctBy(p => p.Start).OrderByDescending(p => p.Start))
            Replace(lines, proposal);
        return (string.Concat(lines.Select(l => l.Content + l.Ending)), whyNot);
    }

    private static string? WhyNot(List<(string Content, string Ending)> lines, Proposal p, IEnumerable<Proposal> others)
    {
        if (p.Start < 1 || p.End < p.Start || p.End > lines.Count)
            return "the file has no such lines any more";
        if (others.Any(o => o.Start <= p.End && p.Start <= o.End && (o.Start != p.Start || o.End != p.End || o.Text != p.Text)))
            return "another remark proposes something else for the same lines";
        if (p.DiffHunk.Length == 0)
            return "nobody knows what stood there when it was proposed";
        var seen = NewSideOf(p.DiffHunk).TakeLast(p.End - p.Start + 1).ToList();
        return seen.Count == p.End - p.Start + 1 && seen.SequenceEqual(lines.Skip(p.Start - 1).Take(seen.Count).Select(l => l.Content), StringComparer.Ordinal)
            ? null
            : "the lines are not those any more that it was proposed for";
    }

    private static void Replace(List<(string Content, string Ending)> lines, Proposal p)
    {
        var (first, last) = (lines[p.Start - 1], lines[p.End - 1]);
        lines.RemoveRange(p.Start - 1, p.End - p.Start + 1);
        if (p.Text is null)
            return;
        // The file's own line ends; what had none at the end of the file has none again.
        var ending = first.Ending.Length > 0 ? first.Ending : lines.Select(l => l.Ending).FirstOrDefault(e => e.Length > 0) ?? "\n";
        var made = p.Text.ReplaceLineEndings("\n").Split('\n').Select(l => (Content: l, Ending: ending)).ToList();
        made[^1] = (made[^1].Content, last.Ending);
        lines.InsertRange(p.Start - 1, made);
    }

    private static IEnumerable<string> NewSideOf(string hunk) => hunk.Split('\n')
        .Where(l => l.StartsWith('+') || l.StartsWith(' ')).Select(l => l[1..].TrimEnd('\r'));

    private static List<(string Content, string Ending)> LinesOf(string text)
    {
        var lines = new List<(string, string)>();
        for (var start = 0; start < text.Length;)
        {
            var feed = text.IndexOf('\n', start);
            var end = feed < 0 ? text.Length : feed;
            var content = end > start && feed >= 0 && text[end - 1] == '\r' ? end - 1 : end;
            var next = feed < 0 ? text.Length : feed + 1;
            lines.Add((text[start..content], text[content..next]));
            start = next;
        }

        return lines;
    }

    /// <summary>A replacement of lines.</summary>
    /// <param name="Start">First line, from 1.</param>
    /// <param name="End">Last line.</param>
    /// <param name="Text">What stands there instead; null removes the lines.</param>
    /// <param name="DiffHunk">The lines of the difference that the proposal hangs on; they end with its last line.</param>
    public sealed record Proposal(int Start, int End, string? Text, string DiffHunk);
}
