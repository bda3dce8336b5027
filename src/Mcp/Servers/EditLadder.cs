using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Finds the place of an edit: exactly, then by overlooking ever more of what a person would overlook. The first step that finds exactly one
/// place wins; a step that finds several is an error, because guessing would edit the wrong code.
/// </summary>
internal sealed class EditLadder
{
    private const int ShortestWithoutSpaces = 8;
    private const int ShortestPassage = 20;

    private static readonly (string Overlooked, Func<string, string> Key)[] Steps =
    [
        ("", line => line),
        ("trailing spaces", line => line.TrimEnd(' ', '\t')),
        ("indentation", line => line.Trim(' ', '\t')),
        ("spacing and typographic characters", line => LooseText.KeyOf(line)),
    ];

    private readonly string _path;
    private readonly IReadOnlyList<string> _segments;
    private readonly IReadOnlyList<string> _lines;
    private readonly string[]?[] _keys = new string[Steps.Length][];

    private readonly CancellationToken _stop;

    private EditLadder(string path, IReadOnlyList<string> segments, CancellationToken stop)
    {
        (_path, _segments, _stop) = (path, segments, stop);
        _lines = segments[^1].Length == 0 ? [.. segments.Take(segments.Count - 1)] : segments;
    }

    /// <summary>Applies an edit.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="segments">Its lines, and as the last what follows the last line break (<see cref="TextFile.Segments"/>).</param>
    /// <param name="oldText">Text to replace.</param>
    /// <param name="newText">Text to put there.</param>
    /// <param name="stop">Gives the search up: the longest texts take their time.</param>
    /// <exception cref="WorkspacePathException">No place, several, or no single meaning; the message says where to look.</exception>
    public static EditMatch Apply(string path, IReadOnlyList<string> segments, string oldText, string newText, CancellationToken stop)
    {
        (oldText, newText) = (Plain(oldText), Plain(newText));
        if (oldText.Length == 0 && segments is [""]) return new EditMatch(0, 1, newText.Split('\n'), null);
        if (oldText.Trim(' ', '\t', '\n').Length == 0) throw new WorkspacePathException($"old_text is empty; give the lines of {path} to replace, or use write_file for the whole file.");
        if (oldText == newText) throw new WorkspacePathException("old_text and new_text are the same; nothing to edit. (Line ends stay as the file has them.)");
        var ladder = new EditLadder(path, segments, stop);
        if (EditElision.Added(path, newText.Split('\n'), ladder._lines) is { } elision)
            throw new WorkspacePathException($"new_text says '{elision}' in the place of lines, which would be lost; nothing was changed. Write every line that is to stay, or edit the parts one by one.");
        var undiffed = EditReadings.NewOfDiff(oldText, newText);
        var (undressed, dress) = undiffed is null ? EditReadings.Undressed(path, oldText, newText) : (undiffed, "the signs of a diff");
        var match = ladder.Find(oldText, undressed) ?? throw EditRefusals.NotFound(path, ladder._lines, oldText, newText);
        if (match.Lines.SequenceEqual(segments.Skip(match.First).Take(match.Count), StringComparer.Ordinal))
            throw new WorkspacePathException($"The edit leaves {path} as it is: old_text and new_text differ only in what was overlooked to find the place.");
        return dress is null ? match : match with { Overlooked = match.Overlooked is null ? dress : $"{dress} and {match.Overlooked}" };
    }

    private EditMatch? Find(string oldText, string newText)
    {
        var text = string.Join('\n', _segments);
        foreach (var reading in EditReadings.Of(oldText, newText).Where(r => r.Old.Trim(' ', '\t', '\n').Length > 0))
        {
            _stop.ThrowIfCancellationRequested();
            var isPlain = reading.Overlooked is null;
            var exact = isPlain || reading.IsPart ? TextSearch.Occurrences<char>(text, reading.Old) : [];
            // With its own indentation it is meant where that is all there is, not where there is more.
            if (exact.Count > 1 && exact.FindAll(at => !BeginsInIndentation(text, at)) is [var whole]) exact = [whole];
            if (exact.Count > 1) throw EditRefusals.Ambiguous(_path, text, exact);
            if (exact.Count == 1 && BeginsInIndentation(text, exact[0]) && ByLines(reading, orNothing: true) is { } shifted) return Checked(reading, shifted);
            if (exact.Count == 1) return Checked(reading, EditSplice.At(_segments, text, exact[0], reading.Old, reading.New, reading.Overlooked));
            if (ByLines(reading) is { } found) return Checked(reading, found);
            if (isPlain && (ByFilledLines(reading) ?? ByPartOfLine(reading) ?? ByWords(text, reading)) is { } loose) return loose;
        }

        return null;
    }

    /// <summary>Whole lines.</summary>
    /// <param name="reading">The edit.</param>
    /// <param name="orNothing">True to find nothing where the indentation of new lines is left open.</param>
    private EditMatch? ByLines(EditReading reading, bool orNothing = false)
    {
        var wanted = Lines(reading.Old);
        for (var step = 0; step < Steps.Length; step++)
        {
            _stop.ThrowIfCancellationRequested();
            var (overlooked, key) = Steps[step];
            var places = TextSearch.Places(_keys[step] ??= [.. _lines.Select(key)], [.. wanted.Select(key)]);
            if (places.Count > 1 && reading.FirstLine is { } said && places.Contains(said - 1)) places = [said - 1];
            if (places.Count > 1) throw EditRefusals.Ambiguous(_path, places.Select(p => p + 1));
            if (places.Count == 0) continue;
            var name = reading.Overlooked is null ? overlooked : overlooked.Length == 0 ? reading.Overlooked : $"{reading.Overlooked} and {overlooked}";
            var merged = Merge([.. Enumerable.Range(places[0], wanted.Length)], wanted, reading, name.Length == 0 ? null : name);
            return merged is null && !orNothing ? throw EditRefusals.Indentation(_path, _lines, places[0], wanted.Length) : merged;
        }

        return null;
    }

    /// <summary>Overlooks blank lines, then spaces altogether.</summary>
    private EditMatch? ByFilledLines(EditReading reading)
    {
        var wanted = Lines(reading.Old);
        foreach (var withoutSpaces in new[] { false, true })
        {
            Func<string, string> key = withoutSpaces ? line => LooseText.KeyOf(line, withoutSpaces: true) : Steps[^1].Key;
            var keys = _lines.Select(key).ToList();
            var filled = Enumerable.Range(0, keys.Count).Where(i => keys[i].Length > 0).ToList();
            var soughtKeys = wanted.Select(key).ToList();
            var sought = Enumerable.Range(0, wanted.Length).Where(j => soughtKeys[j].Length > 0).ToList();
            // A few characters without their spaces say too little.
            if (sought.Count == 0 || (withoutSpaces && soughtKeys.Sum(k => k.Length) < ShortestWithoutSpaces)) continue;
            var places = TextSearch.Places([.. filled.Select(i => keys[i])], [.. sought.Select(j => soughtKeys[j])]);
            if (places.Count > 1) throw EditRefusals.Ambiguous(_path, places.Select(p => filled[p] + 1));
            if (places.Count == 0) continue;
            var at = Enumerable.Repeat(-1, wanted.Length).ToList();
            for (var i = 0; i < sought.Count; i++) at[sought[i]] = filled[places[0] + i];
            return Merge(at, wanted, reading, withoutSpaces ? "spacing" : "blank lines", withoutSpaces) ?? throw EditRefusals.Indentation(_path, _lines, filled[places[0]], wanted.Length);
        }

        return null;
    }

    /// <summary>A part of one line, with other spaces, quotes or dashes.</summary>
    private EditMatch? ByPartOfLine(EditReading reading)
    {
        if (Lines(reading.Old) is not [var old]) return null;
        var part = LooseText.KeyOf(old);
        var found = new List<int>();
        for (var i = 0; i < _lines.Count; i++) found.AddRange(TextSearch.Occurrences<char>(LooseText.KeyOf(_lines[i]), part).Select(_ => i));
        if (found.Count > 1) throw EditRefusals.Ambiguous(_path, found.Select(i => i + 1));
        if (found.Count == 0) return null;
        var line = _lines[found[0]];
        var loose = LooseText.Of(line);
        var start = loose.Key.IndexOf(part, StringComparison.Ordinal);
        if (!loose.IsBoundary(start) || !loose.IsBoundary(start + part.Length)) return null;
        var (from, to) = (loose.SourceOf(start), loose.SourceOf(start + part.Length));
        while (to > from && line[to - 1] is ' ' or '\t') to--;
        var body = EditMerge.Body(old.Trim(' ', '\t'), reading.New.Trim(' ', '\t', '\n'), line[from..to]);
        return new EditMatch(found[0], 1, (line[..from] + body + line[to..]).Split('\n'), Steps[^1].Overlooked);
    }

    /// <summary>
    /// A passage whose lines are broken elsewhere: prose that was wrapped, a call over several lines. The new text is put there as written, so
    /// in code it must be one line.
    /// </summary>
    private EditMatch? ByWords(string text, EditReading reading)
    {
        var (old, fresh) = (reading.Old.Trim(' ', '\t', '\n'), reading.New.Trim(' ', '\t', '\n'));
        if (!EditElision.IsProse(_path) && fresh.Contains('\n', StringComparison.Ordinal)) return null;
        var part = LooseText.Of(old.Replace('\n', ' ')).Key;
        if (part.Length < ShortestPassage) return null;
        var words = LooseText.Of(text.Replace('\n', ' '));
        var found = TextSearch.Occurrences<char>(words.Key, part);
        if (found.Count > 1) throw EditRefusals.Ambiguous(_path, text, found.ConvertAll(words.SourceOf));
        if (found.Count == 0 || !words.IsBoundary(found[0]) || !words.IsBoundary(found[0] + part.Length)) return null;
        var (from, to) = (words.SourceOf(found[0]), words.SourceOf(found[0] + part.Length));
        while (text[to - 1] is ' ' or '\t' or '\n') to--;
        return EditSplice.At(_segments, text, from, text[from..to], fresh, "line breaks");
    }

    /// <summary>Null when the indentation of a new line is left open.</summary>
    private EditMatch? Merge(IReadOnlyList<int> at, string[] wanted, EditReading reading, string? overlooked, bool withoutSpaces = false)
    {
        var (first, last) = (at.First(i => i >= 0), at.Last(i => i >= 0));
        if (new EditMerge(_lines, wanted, at, withoutSpaces, _stop).Apply(Lines(reading.New)) is not { } merged) return null;
        var count = last - first + 1;
        if (merged.Count > 0) return new EditMatch(first, count, merged, overlooked);
        // A segment is a line and the break after it: what is left of a block that is gone is what follows it.
        return first + count < _segments.Count
            ? new EditMatch(first, count + 1, [_segments[first + count]], overlooked)
            : new EditMatch(first, count, [""], overlooked);
    }

    private EditMatch Checked(EditReading reading, EditMatch match) => reading.BreaksQuotes
        ? throw new WorkspacePathException($@"old_text was found in {_path} by reading \n as a line break, but new_text has \n between quotes and could mean either; nothing was changed. Send both with real line breaks.")
        : match;

    /// <summary>True where a text that begins with blanks begins after other blanks: it has less indentation than the file, not the same.</summary>
    private static bool BeginsInIndentation(string text, int at)
    {
        if (text[at] is not (' ' or '\t') || at == 0 || text[at - 1] is not (' ' or '\t')) return false;
        // Only as far as blanks go: a line may be as long as the file.
        while (at > 0 && text[at - 1] is ' ' or '\t') at--;
        return at == 0 || text[at - 1] == '\n';
    }

    private static string Plain(string text) => text.TrimStart('\ufeff').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

    private static string[] Lines(string text) => text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
}

/// <summary>Where an edit applies and what it puts there.</summary>
/// <param name="First">Index of the first segment that is replaced.</param>
/// <param name="Count">How many are.</param>
/// <param name="Lines">What comes in their place.</param>
/// <param name="Overlooked">What had to be overlooked to find the place; null when it was there exactly.</param>
internal sealed record EditMatch(int First, int Count, IReadOnlyList<string> Lines, string? Overlooked)
{
    /// <summary>What was done beyond the letter of the edit; null for nothing.</summary>
    public string? Remark { get; init; }
}
