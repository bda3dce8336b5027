using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Finds the place of an edit: exactly, then overlooking trailing spaces, then indentation, then spacing and typographic characters. The first
/// step that finds exactly one place wins; a step that finds several is an error, because guessing would edit the wrong code.
/// </summary>
internal static class EditLadder
{
    private static readonly (string? Overlooked, Func<string, string> Key)[] Steps =
    [
        ("trailing spaces", line => line.TrimEnd()),
        ("indentation", line => line.Trim()),
        ("spacing and typographic characters", Normalise),
    ];

    /// <summary>Applies an edit to a file's text (lines end with \n).</summary>
    /// <exception cref="WorkspacePathException">No place, or several; the message says where to look.</exception>
    public static EditMatch Apply(string path, string text, string oldText, string newText)
    {
        oldText = oldText.ReplaceLineEndings("\n");
        newText = newText.ReplaceLineEndings("\n");
        if (string.IsNullOrWhiteSpace(oldText)) throw new WorkspacePathException($"old_text is empty; give the lines of {path} to replace, or use write_file for the whole file.");
        if (oldText == newText) throw new WorkspacePathException("old_text and new_text are the same; nothing to edit.");

        var exact = Occurrences(text, oldText);
        if (exact.Count == 1)
        {
            var at = exact[0];
            return new EditMatch(text[..at] + newText + text[(at + oldText.Length)..], LineOf(text, at), CountLines(newText), Leniency: null);
        }

        if (exact.Count > 1) throw Ambiguous(path, exact.Select(at => LineOf(text, at)));
        var lines = TextLines.Split(text);
        var wanted = TextLines.Split(oldText);
        foreach (var (overlooked, key) in Steps)
        {
            var places = Places(lines, wanted, key);
            if (places.Count > 1) throw Ambiguous(path, places.Select(p => p + 1));
            if (places.Count == 1) return Replace(text, lines, places[0], wanted, newText, overlooked!);
        }

        throw NotFound(path, lines, wanted);
    }

    private static EditMatch Replace(string text, string[] lines, int at, string[] wanted, string newText, string overlooked)
    {
        var fresh = Reindent(TextLines.Split(newText), wanted, lines.AsSpan(at, wanted.Length));
        string[] all = [.. lines[..at], .. fresh, .. lines[(at + wanted.Length)..]];
        var end = text.EndsWith('\n') && all.Length > 0 ? "\n" : "";
        return new EditMatch(string.Join('\n', all) + end, at + 1, fresh.Length, overlooked);
    }

    /// <summary>Gives new lines the file's indentation where the old text had another one throughout.</summary>
    private static string[] Reindent(string[] fresh, string[] wanted, ReadOnlySpan<string> actual)
    {
        var first = Array.FindIndex(wanted, l => l.Trim().Length > 0);
        if (first < 0) return fresh;
        var (from, to) = (Indentation(wanted[first]), Indentation(actual[first]));
        if (from == to) return fresh;
        return [.. fresh.Select(line => line.Trim().Length > 0 && line.StartsWith(from, StringComparison.Ordinal) ? to + line[from.Length..] : line)];
    }

    private static List<int> Occurrences(string text, string part)
    {
        var found = new List<int>();
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal)) found.Add(at);
        return found;
    }

    private static List<int> Places(string[] lines, string[] wanted, Func<string, string> key)
    {
        var keys = lines.Select(key).ToArray();
        var sought = wanted.Select(key).ToArray();
        var found = new List<int>();
        for (var at = 0; at + sought.Length <= keys.Length; at++)
        {
            if (keys.AsSpan(at, sought.Length).SequenceEqual(sought)) found.Add(at);
        }

        return found;
    }

    private static WorkspacePathException Ambiguous(string path, IEnumerable<int> lines)
    {
        var places = lines.ToList();
        var shown = string.Join(", ", places.Take(10));
        return new WorkspacePathException($"old_text is found {places.Count} times in {path}, at lines {shown}; nothing was changed. Add surrounding lines to old_text until it names one place.");
    }

    private static WorkspacePathException NotFound(string path, string[] lines, string[] wanted)
    {
        var sought = wanted.Select(Normalise).ToArray();
        var (best, score) = (-1, 0);
        for (var at = 0; at < lines.Length; at++)
        {
            var hits = sought.Where((line, i) => line.Length > 1 && at + i < lines.Length && Normalise(lines[at + i]) == line).Count() * 10;
            hits += CommonPrefix(Normalise(lines[at]), sought[0]) > 8 ? 1 : 0;
            if (hits > score) (best, score) = (at, hits);
        }

        var hint = best < 0
            ? "No line resembles it; read the file again."
            : $"The nearest place is:\n{TextLines.Number(lines, Math.Max(1, best - 1), wanted.Length + 4)}";
        return new WorkspacePathException($"old_text is not in {path}; nothing was changed. {hint}");
    }

    private static string Normalise(string line)
    {
        var text = new StringBuilder(line.Length);
        foreach (var c in line.Trim())
        {
            var plain = c switch
            {
                '\u2018' or '\u2019' => '\'',
                '\u201c' or '\u201d' => '"',
                >= '\u2010' and <= '\u2015' or '\u2212' => '-',
                '\u00a0' or '\t' => ' ',
                _ => c,
            };
            if (plain != ' ' || (text.Length > 0 && text[^1] != ' ')) text.Append(plain);
        }

        return text.ToString();
    }

    private static int CommonPrefix(string a, string b) => a.AsSpan().CommonPrefixLength(b);

    private static string Indentation(string line) => line[..(line.Length - line.TrimStart().Length)];

    private static int LineOf(string text, int at) => text.AsSpan(0, at).Count('\n') + 1;

    private static int CountLines(string text) => Math.Max(1, TextLines.Split(text).Length);
}

/// <summary>Where an edit applies and what it puts there.</summary>
/// <param name="NewText">The whole file afterwards.</param>
/// <param name="FirstLine">First changed line afterwards, from 1.</param>
/// <param name="LineCount">How many lines the new text takes.</param>
/// <param name="Leniency">What had to be overlooked to find the place; null when it was there exactly.</param>
internal sealed record EditMatch(string NewText, int FirstLine, int LineCount, string? Leniency);
