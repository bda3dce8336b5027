using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Other ways to read an edit whose old text is not in the file as it stands: models copy line numbers, wrap text in fences, write a diff
/// or escape what needs no escape. Each reading changes old and new text alike.
/// </summary>
internal static partial class EditReadings
{
    private static readonly (string Escapes, string Name)[] EscapeKinds =
        [("\"'`$/", "backslashes before quotes"), ("nt", @"\n written out"), ("nt\"'`$/", @"\n written out"), ("ntr\"'`$/\\u", "escapes")];

    /// <summary>The readings, the plain one first.</summary>
    public static IEnumerable<EditReading> Of(string oldText, string newText)
    {
        var plain = new EditReading(oldText, newText, null);
        yield return plain;
        var bare = WithoutFence(plain);
        if (bare is not null) yield return bare;
        bare ??= plain;
        if (WithoutNumbers(bare) is { } unnumbered) yield return unnumbered;
        if (FromDiff(bare) is { } undiffed) yield return undiffed;
        if (Entity().IsMatch(bare.Old)) yield return new EditReading(Unescaped(bare.Old), Unescaped(bare.New), "HTML escapes") { IsPart = true };
        foreach (var (escapes, name) in EscapeKinds)
        {
            var old = WithoutEscapes(bare.Old, escapes);
            if (old != bare.Old) yield return new EditReading(old, WithoutEscapes(bare.New, escapes), name) { IsPart = true, BreaksQuotes = escapes.Contains('n', StringComparison.Ordinal) && HasBreakInQuotes(bare.New) };
        }
    }

    /// <summary>The new text, where it is a diff of the old one: what it marks as context and removed is the old text exactly.</summary>
    public static string? NewOfDiff(string oldText, string newText)
    {
        var lines = newText.TrimEnd('\n').Split('\n').Where(l => !l.StartsWith("@@", StringComparison.Ordinal)).ToList();
        if (!lines.Exists(l => l.StartsWith('+') || l.StartsWith('-')) || lines.Exists(l => l.Length > 0 && l[0] is not (' ' or '+' or '-'))) return null;
        var before = string.Join('\n', lines.Where(l => !l.StartsWith('+')).Select(WithoutSign));
        if (before != oldText.TrimEnd('\n')) return null;
        var after = string.Join('\n', lines.Where(l => !l.StartsWith('-')).Select(WithoutSign));
        return oldText.EndsWith('\n') && after.Length > 0 ? after + "\n" : after;
    }

    /// <summary>The new text without a fence or line numbers that the old one does not have.</summary>
    /// <param name="path">The file; in prose a fence is text.</param>
    /// <param name="oldText">Old text.</param>
    /// <param name="newText">New text.</param>
    public static (string New, string? Overlooked) Undressed(string path, string oldText, string newText)
    {
        if (!EditElision.IsProse(path) && !oldText.Contains("```", StringComparison.Ordinal) && Fenced(newText) is { } fenced)
            return (oldText.EndsWith('\n') ? fenced : fenced.TrimEnd('\n'), "code fences");
        var filled = newText.Split('\n').Where(l => l.Trim(' ', '\t').Length > 0).ToList();
        return filled.Count > 0 && filled.TrueForAll(l => Shown().IsMatch(l)) && !Shown().IsMatch(oldText) ? (Unnumbered(newText), "line numbers") : (newText, null);
    }

    private static EditReading? WithoutFence(EditReading edit) =>
        Fenced(edit.Old) is { } old ? new EditReading(old, Fenced(edit.New) ?? edit.New, "code fences") : null;

    /// <summary>What stands between a fence in the first line and the same in the last; null when there is none.</summary>
    private static string? Fenced(string text)
    {
        var lines = text.Trim('\n').Split('\n');
        var fence = lines[0].TrimStart() is ['`', '`', '`', ..] ? "```" : lines[0].TrimStart() is ['~', '~', '~', ..] ? "~~~" : null;
        if (fence is null || lines.Length < 2 || lines[^1].Trim() != fence || lines[0].Trim()[3..].Contains(' ', StringComparison.Ordinal)) return null;
        return string.Concat(lines[1..^1].Select(l => l + "\n"));
    }

    private static EditReading? WithoutNumbers(EditReading edit)
    {
        edit = edit with { Old = WithoutHeading(edit.Old), New = WithoutHeading(edit.New) };
        var (lines, first) = (edit.Old.TrimEnd('\n').Split('\n'), -1);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim(' ', '\t').Length == 0) continue;
            var match = Numbered().Match(lines[i]);
            if (!match.Success || !int.TryParse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture, out var number)) return null;
            if (first < 0) first = number - i;
            if (number != first + i) return null;
        }

        if (first < 0) return null;
        // New lines may come without numbers, or with any.
        return new EditReading(Unnumbered(edit.Old), Unnumbered(edit.New), "line numbers") { FirstLine = first };
    }

    /// <summary>Without what read_file says above and below the lines.</summary>
    private static string WithoutHeading(string text) => Below().Replace(Above().Replace(text, ""), "");

    private static string Unnumbered(string text) =>
        string.Join('\n', text.Split('\n').Select(l => Numbered().Match(l) is { Success: true } match ? match.Groups["text"].Value : l));

    private static EditReading? FromDiff(EditReading edit)
    {
        var lines = edit.Old.TrimEnd('\n').Split('\n');
        if (!lines.Any(l => l.StartsWith('-')) || lines.Any(l => l.Length > 0 && l[0] is not (' ' or '-'))) return null;
        var fresh = edit.New.TrimEnd('\n').Split('\n');
        var isSigned = fresh.All(l => l.Length == 0 || l[0] is ' ' or '+');
        return isSigned ? new EditReading(string.Join('\n', lines.Select(WithoutSign)), string.Join('\n', fresh.Select(WithoutSign)), "the signs of a diff") : null;
    }

    private static string WithoutSign(string line) => line.Length == 0 ? line : line[1..];

    private static string Unescaped(string text) => Entity().Replace(text, m => m.Value switch { "&lt;" => "<", "&gt;" => ">", "&amp;" => "&", "&quot;" => "\"", _ => "'" });

    private static string WithoutEscapes(string text, string kinds) => Escape().Replace(text, m => m.Value[1] switch
    {
        var c when !kinds.Contains(c, StringComparison.Ordinal) => m.Value,
        'n' => "\n",
        't' => "\t",
        'r' => "",
        'u' => ((char)int.Parse(m.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        var c => c.ToString(),
    });

    /// <summary>A written-out line break between quotes is part of a literal, not the end of a line.</summary>
    private static bool HasBreakInQuotes(string text)
    {
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                if (quote != '\0' && text[i + 1] == 'n') return true;
                if (text[i + 1] == 'n') quote = '\0';
                i++;
            }
            else if (text[i] == '\n')
            {
                quote = '\0';
            }
            else if (text[i] is '"' or '\'' or '`')
            {
                quote = quote == '\0' ? text[i] : quote == text[i] ? '\0' : quote;
            }
        }

        return false;
    }

    [GeneratedRegex("&(?:lt|gt|amp|quot|apos|#39|#x27);", RegexOptions.NonBacktracking)]
    private static partial Regex Entity();

    [GeneratedRegex(@"\\(?:u[0-9A-Fa-f]{4}|[^u\n])", RegexOptions.NonBacktracking)]
    private static partial Regex Escape();

    [GeneratedRegex(@"\A(?:<untrusted-[^\n]*>\n)?(?:[^\n]* \(lines \d+-\d+ of \d+[^\n]*\)\n)?", RegexOptions.NonBacktracking)]
    private static partial Regex Above();

    [GeneratedRegex(@"(?:\[(?:\d+ more lines|no newline at end of file)[^\n]*\]\n*)?(?:</untrusted-[0-9a-f]+>\n?)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Below();

    /// <summary>The forms of read_file, search_text and other tools.</summary>
    [GeneratedRegex(@"^ *(?:[\w./-]+:)?(?<number>\d{1,7})(?:\t|→| ?\| ?|:(?: |$)|$)(?<text>.*)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();

    /// <summary>The form of read_file itself.</summary>
    [GeneratedRegex(@"^(?:     \d|    \d\d|   \d\d\d|  \d{4}| \d{5}|\d{6})\t", RegexOptions.NonBacktracking)]
    private static partial Regex Shown();
}

/// <summary>One way to read an edit.</summary>
/// <param name="Old">Text to find.</param>
/// <param name="New">Text to put there.</param>
/// <param name="Overlooked">What this reading leaves out; null for the plain one.</param>
internal sealed record EditReading(string Old, string New, string? Overlooked)
{
    /// <summary>The line the old text says it begins at, from 1.</summary>
    public int? FirstLine { get; init; }

    /// <summary>True when it may also be a part of a line.</summary>
    public bool IsPart { get; init; }

    /// <summary>True when the new text has a written-out line break that may belong to a literal.</summary>
    public bool BreaksQuotes { get; init; }
}
