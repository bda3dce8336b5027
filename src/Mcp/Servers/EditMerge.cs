using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Puts a new text in the place of lines that an old text only resembles. What old and new text have alike keeps the file's own bytes: whole
/// lines with their blanks and quotes, and of a changed line its indentation, its beginning and its end.
/// </summary>
/// <param name="File">The file's lines.</param>
/// <param name="Wanted">Lines of the old text.</param>
/// <param name="Places">For each of them its index in the file; -1 for a blank one that the file does not have.</param>
/// <param name="WithoutSpaces">True when the place was found by leaving out all spaces.</param>
/// <param name="Stop">Gives it up.</param>
internal sealed record EditMerge(IReadOnlyList<string> File, IReadOnlyList<string> Wanted, IReadOnlyList<int> Places, bool WithoutSpaces, CancellationToken Stop)
{
    private const int FarthestPair = 50;

    /// <summary>The lines to put there; null when the indentation of a new line has no single meaning.</summary>
    public List<string>? Apply(IReadOnlyList<string> fresh)
    {
        var kept = LineAlignment.Of([.. Wanted.Select(Trimmed)], [.. fresh.Select(Trimmed)], Stop);
        var pairs = Pairs(kept, fresh);
        var common = Enumerable.Range(0, Wanted.Count).Where(j => Places[j] >= 0 && Trimmed(Wanted[j]).Length > 0)
            .Select(j => (IndentShift.Indent(Wanted[j]), IndentShift.Indent(File[Places[j]]))).ToList();
        var open = Enumerable.Range(0, fresh.Count)
            .Where(i => kept[i] < 0 && Trimmed(fresh[i]).Length > 0 && (pairs[i] < 0 || IndentShift.Indent(Wanted[pairs[i]]) != IndentShift.Indent(fresh[i])))
            .Select(i => IndentShift.Indent(fresh[i])).ToList();
        if (IndentShift.Find(common, open, File, Stop) is not { } shift) return null;
        var lines = new List<string>();
        for (var i = 0; i < fresh.Count; i++)
        {
            Stop.ThrowIfCancellationRequested();
            var source = kept[i] >= 0 ? kept[i] : pairs[i];
            if (kept[i] >= 0 && Places[kept[i]] >= 0) lines.Add(Kept(kept[i], fresh[i]));
            else if (kept[i] < 0) lines.Add(pairs[i] >= 0 ? Changed(pairs[i], fresh[i], shift) : New(fresh[i], shift));
            if (source >= 0) lines.AddRange(BlanksAfter(source));
        }

        return lines;
    }

    private static string Trimmed(string line) => line.TrimEnd(' ', '\t');

    /// <summary>The file's line; but where the old text knew its blanks at the end, those of the new text are meant.</summary>
    private string Kept(int wanted, string line)
    {
        var file = File[Places[wanted]];
        return Wanted[wanted] == file ? line : file;
    }

    private static string New(string line, IndentShift shift)
    {
        var indent = IndentShift.Indent(line);
        return indent.Length == line.Length ? "" : shift.Of(indent) + line[indent.Length..];
    }

    private string Changed(int wanted, string line, IndentShift shift)
    {
        var (old, file) = (Wanted[wanted], File[Places[wanted]]);
        var (indent, oldIndent) = (IndentShift.Indent(line), IndentShift.Indent(old));
        if (indent.Length == line.Length) return "";
        var (body, oldBody, fileBody) = (Trimmed(line)[indent.Length..], Trimmed(old)[oldIndent.Length..], Trimmed(file)[IndentShift.Indent(file).Length..]);
        var end = line[Trimmed(line).Length..] == old[Trimmed(old).Length..] ? file[Trimmed(file).Length..] : line[Trimmed(line).Length..];
        return (indent == oldIndent ? IndentShift.Indent(file) : shift.Of(indent)) + Body(oldBody, body, fileBody, WithoutSpaces) + end;
    }

    /// <summary>A changed text in the file's own characters, as far as old and new begin and end alike.</summary>
    public static string Body(string old, string fresh, string file, bool withoutSpaces = false)
    {
        var (oldKey, fileKey) = (LooseText.Of(old, withoutSpaces), LooseText.Of(file, withoutSpaces));
        if (oldKey.Key != fileKey.Key) return fresh;
        var head = old.AsSpan().CommonPrefixLength(fresh);
        while (!fileKey.IsBoundary(oldKey.KeyLength(head)) || !oldKey.IsBoundary(oldKey.KeyLength(head))) head--;
        var tail = 0;
        while (tail < Math.Min(old.Length, fresh.Length) - head && old[^(tail + 1)] == fresh[^(tail + 1)]) tail++;
        while (!fileKey.IsBoundary(oldKey.KeyLength(old.Length - tail))) tail--;
        var from = fileKey.SourceOf(oldKey.KeyLength(head));
        var to = tail == 0 ? file.Length : fileKey.SourceOf(oldKey.KeyLength(old.Length - tail));
        return file[..from] + fresh[head..^tail] + file[Math.Max(from, to)..];
    }

    /// <summary>Blank lines of the file that the old text does not have stay with the line before them.</summary>
    private IEnumerable<string> BlanksAfter(int wanted)
    {
        if (Places[wanted] < 0) yield break;
        var next = Enumerable.Range(wanted + 1, Wanted.Count - wanted - 1).Where(j => Places[j] >= 0).Select(j => Places[j]).FirstOrDefault(Places[wanted] + 1);
        for (var i = Places[wanted] + 1; i < next; i++) yield return File[i];
    }

    /// <summary>For each new line that is not an old one, the old line it was made from, or -1.</summary>
    private int[] Pairs(int[] kept, IReadOnlyList<string> fresh)
    {
        var pairs = new int[fresh.Count];
        Array.Fill(pairs, -1);
        // Once: the same lines are compared again and again.
        string[] bodies = [.. Wanted.Select(l => l.Trim(' ', '\t'))];
        for (int i = 0, from = 0; i < fresh.Count;)
        {
            if (kept[i] >= 0)
            {
                from = kept[i++] + 1;
                continue;
            }

            var end = i;
            while (end < fresh.Count && kept[end] < 0) end++;
            var until = end < fresh.Count ? kept[end] : Wanted.Count;
            // As many for as many: each for its own.
            var isOneForOne = end - i == until - from;
            for (; i < end; i++)
            {
                Stop.ThrowIfCancellationRequested();
                var body = fresh[i].Trim(' ', '\t');
                for (var j = from; j < Math.Min(until, from + FarthestPair); j++)
                {
                    if (!isOneForOne && !IsAlike(bodies[j], body)) continue;
                    if (Places[j] >= 0) pairs[i] = j;
                    from = j + 1;
                    break;
                }
            }
        }

        return pairs;
    }

    private static bool IsAlike(string a, string b)
    {
        var (longer, shorter) = a.Length >= b.Length ? (a, b) : (b, a);
        if (shorter.Length == 0) return false;
        var head = longer.AsSpan().CommonPrefixLength(shorter);
        var tail = 0;
        while (tail < shorter.Length - head && longer[^(tail + 1)] == shorter[^(tail + 1)]) tail++;
        return (head + tail) * 2 > longer.Length;
    }
}
