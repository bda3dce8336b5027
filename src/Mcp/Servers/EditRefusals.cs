using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>Why an edit is refused, in words that help to make a better one. The search for the nearest place is linear in file and text.</summary>
internal static class EditRefusals
{
    private const int MostVotes = 8;
    private const int LongestShown = 40;

    public static WorkspacePathException Ambiguous(string path, IEnumerable<int> lines)
    {
        var places = lines.ToList();
        var shown = string.Join(", ", places.Take(10));
        return new WorkspacePathException(
            $"old_text is found {places.Count} times in {path}, at lines {shown}{(places.Count > 10 ? ", …" : "")}; nothing was changed. Add surrounding lines to old_text until it names one place.");
    }

    public static WorkspacePathException Indentation(string path, IReadOnlyList<string> lines, int first, int count) =>
        new($"old_text is in {path} with other indentation, in a way that leaves open how the new lines are to be indented; nothing was changed. "
            + $"Copy old_text and indent new_text as here:\n{TextLines.Number(lines, first + 1, Math.Min(count, LongestShown))}");

    /// <summary>Likewise, of places in the file's text, in order: there may be as many as it has characters.</summary>
    public static WorkspacePathException Ambiguous(string path, string text, IReadOnlyList<int> places)
    {
        var lines = new List<int>(places.Count);
        for (int i = 0, line = 1, from = 0; i < places.Count; from = places[i++])
        {
            line += text.AsSpan(from, places[i] - from).Count('\n');
            lines.Add(line);
        }

        return Ambiguous(path, lines);
    }

    public static WorkspacePathException NotFound(string path, IReadOnlyList<string> lines, string oldText, string newText)
    {
        var wanted = oldText.TrimEnd('\n').Split('\n');
        if (newText.Trim(' ', '\t', '\n') is { Length: > 8 } said && !oldText.Contains(said, StringComparison.Ordinal) && TextSearch.Occurrences<char>(string.Join('\n', lines), newText.TrimEnd('\n')) is [var made])
        {
            var line = string.Join('\n', lines).AsSpan(0, made).Count('\n') + 1;
            return new WorkspacePathException($"old_text is not in {path}, but new_text is, at line {line}: the edit seems to have been made already. Nothing was changed.");
        }

        var elision = EditElision.In(wanted);
        var why = elision < 0
            ? $"old_text is not in {path}; nothing was changed."
            : $"old_text leaves lines out ('{wanted[elision].Trim()}' in its line {elision + 1}), which are not looked for in {path}; nothing was changed. Give the whole passage, or edit its parts one by one.";
        var nearest = Nearest(lines, wanted);
        var hint = nearest < 0
            ? "No line resembles it; read the file again."
            : $"The nearest place is:\n{TextLines.Number(lines, Math.Max(1, nearest), Math.Min(wanted.Length + 4, LongestShown))}";
        return new WorkspacePathException($"{why} {hint}");
    }

    /// <summary>Index of the line where the old text would begin if most of the lines that both have stood where they stand; -1 for none.</summary>
    private static int Nearest(IReadOnlyList<string> lines, string[] wanted)
    {
        var places = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var j = 0; j < wanted.Length; j++)
        {
            var key = LooseText.KeyOf(wanted[j]);
            if (key.Length < 2) continue;
            if (!places.TryGetValue(key, out var at)) places[key] = at = [];
            if (at.Count < MostVotes) at.Add(j);
        }

        var votes = new Dictionary<int, int>();
        var (likely, likeness) = (-1, 0);
        var begin = LooseText.KeyOf(wanted[0]);
        for (var i = 0; i < lines.Count; i++)
        {
            var key = LooseText.KeyOf(lines[i]);
            foreach (var j in places.GetValueOrDefault(key) ?? []) votes[i - j] = votes.GetValueOrDefault(i - j) + 1;
            // With no line in common, the line that begins most like the first one.
            var common = key.AsSpan().CommonPrefixLength(begin);
            if (common > Math.Max(likeness, 4)) (likely, likeness) = (i, common);
        }

        return votes.Count == 0 ? likely : Math.Clamp(votes.MaxBy(v => (v.Value, -v.Key)).Key, 0, lines.Count - 1);
    }
}
