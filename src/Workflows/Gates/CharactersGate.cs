using System.Buffers;
using System.Globalization;
using System.Text;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// New characters that show something else than they are: bidirectional controls, invisible ones, terminal sequences, and letters of another
/// alphabet within a Latin name of code. A reviewer reads what is drawn.
/// </summary>
internal static class CharactersGate
{
    private const string Gate = "characters";
    private const int MostFindings = 20;

    // Cyrillic and Greek letters that look like Latin ones; a unit (µ) or a Δ before a name does not.
    private static readonly SearchValues<char> Lookalikes = SearchValues.Create("\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04BB\u0501\u051B\u051D\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u03BF\u03BD\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7");

    private static readonly Func<string, bool> IsTranslation = PathGlob.All(
        ["**/*.po", "**/*.pot", "**/*.arb", "**/*.resx", "**/*.strings", "**/*.xlf", "**/*.xliff", "**/locales/**", "**/locale/**", "**/i18n/**", "**/l10n/**", "**/translations/**", "**/lang/**"], denies: true);

    private static readonly HashSet<string> Words = new([".md", ".txt", ".rst", ".adoc", ".po", ".html", ".xml", ".json", ".yml", ".yaml", ".csv", ".tsv", ".resx", ".arb", ".snap", ""], StringComparer.OrdinalIgnoreCase);

    public static GateVerdict Judge(GateInput i)
    {
        var found = i.Changes.Files.Where(f => f.Kind != Mcp.Git.ChangeKind.Deleted && Find(f.Path, f.Path, 0) is not null)
            .Select(f => (f.Path, Line: 1, What: $"the file name holds {Find(f.Path, f.Path, 0)}"))
            .Concat(i.Added.Select(l => (l.Path, l.Line, What: Find(l.Path, l.Text, l.Line))).Where(x => x.What is not null).Select(x => (x.Path, x.Line, What: x.What!)))
            .Take(MostFindings).ToArray();
        if (found.Length == 0)
            return new GateVerdict(Gate, true, "No new character that shows something else than it is.");
        // Without the lines, which move.
        var asked = found.GroupBy(f => f.Path, StringComparer.Ordinal)
            .Select(g => new RiskyFile(g.Key, $"has new characters that eyes misread: {string.Join(", ", g.Select(f => f.What.Split(" in line ")[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(5))}")).Where(f => !i.IsAgreed(f)).ToArray();
        var words = Gatekeeper.List([.. found.Select(f => $"{Visible(f.Path)}: {f.What}")]);
        return asked.Length == 0
            ? new GateVerdict(Gate, true, $"New characters that eyes misread, as a person agreed: {words}.") { Marked = true, Lines = [.. found.Select(f => new FlaggedLine(f.Path, f.Line, f.What))] }
            : new GateVerdict(Gate, false, $"New characters that show something else than they are: {words}. Write them as escapes, or leave them out.") { Asks = asked, FixerFirst = true };
    }

    /// <summary>The first such character of a text, in words; null when there is none.</summary>
    internal static string? Find(string path, string text, int line)
    {
        if (Ascii.IsValid(text) && text.AsSpan().IndexOfAnyExceptInRange('\u0020', '\u007E') is var odd && (odd < 0 || text.AsSpan().IndexOfAny("\u0000\u0008\u001b\u000d\u007f") < 0))
            return null;
        var at = 0;
        Rune before = default;
        foreach (var rune in text.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            var following = at < text.Length && Rune.TryGetRuneAt(text, at, out var next) ? next : default;
            if (IsDeceptive(path, rune, before, following) && !(rune.Value == 0xFEFF && line == 1 && at == 1))
                return string.Create(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}{(line > 0 ? $" in line {line}" : "")}");
            before = rune;
        }

        return IsCode(path) && Mixed(text) is { } word ? $"the name {Visible(word)}, whose letters are of two alphabets{(line > 0 ? string.Create(CultureInfo.InvariantCulture, $" in line {line}") : "")}" : null;
    }

    private static bool IsDeceptive(string path, Rune rune, Rune before, Rune after) => rune.Value switch
    {
        0x0008 or 0x001B or 0x0000 or 0x000D or 0x007F => true,
        // Direction marks set single punctuation right in texts of languages that need them; embeddings and overrides are for deceivers.
        0x200E or 0x200F or 0x061C => !IsTranslation(path) && !IsRightToLeft(before) && !IsRightToLeft(after),
        >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 => true,
        // Joiners shape letters of some scripts, and make one picture of several.
        0x200C or 0x200D => !(IsJoinable(before) && (IsJoinable(after) || rune.Value == 0x200C)),
        0x200B or 0x2060 or >= 0x2061 and <= 0x2065 or >= 0x206A and <= 0x206F or 0xFEFF or 0x00AD or 0x180E or 0x034F => true,
        0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or 0x17B4 or 0x17B5 => true,
        // A line end to JavaScript, and to no editor.
        0x2028 or 0x2029 or 0x0085 => true,
        // The picture's own colour, after a sign that has two; a selector elsewhere can hide bytes.
        0xFE0F or 0xFE0E => before.Value < 0x80 && before.Value is not (>= '0' and <= '9' or '#' or '*'),
        >= 0xFE00 and <= 0xFE0D or >= 0xE0100 and <= 0xE01EF => before.Value < 0x2000,
        >= 0xE0000 and <= 0xE007F => before.Value is not (0x1F3F4 or >= 0xE0020 and <= 0xE007F),
        _ => false,
    };

    private static bool IsJoinable(Rune rune) => rune.Value >= 0x0590 && (Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ModifierSymbol || rune.Value is 0xFE0F or 0x2640 or 0x2642);

    private static bool IsRightToLeft(Rune rune) => rune.Value is >= 0x0590 and <= 0x08FF or >= 0xFB1D and <= 0xFDFF or >= 0xFE70 and <= 0xFEFC;

    private static bool IsCode(string path) => !Words.Contains(SourceLine.EndingOf(path));

    private static string? Mixed(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
            var word = text.AsSpan(i, end - i);
            if (word.IndexOfAny(Lookalikes) >= 0 && word.IndexOfAnyInRange('a', 'z') + word.IndexOfAnyInRange('A', 'Z') > -2)
                return word[..Math.Min(word.Length, 40)].ToString();
            i = end + 1;
        }

        return null;
    }

    // What is told must not do what it tells of.
    private static string Visible(string text) => string.Concat(text.EnumerateRunes().Select(r =>
        r.Value is >= 0x20 and < 0x7F ? r.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{{{r.Value:X}}}")));
}
