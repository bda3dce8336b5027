using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Texts;

/// <summary>
/// Characters that a reader does not see, or that change the order in which the others are seen. Where a text must be kept as it is (a file
/// that will be edited) they are written out, as <c>[U+202E]</c>; <see cref="Back"/> takes such a text for what it stands for.
/// </summary>
public static partial class Invisible
{
    /// <summary>True for a character that is not seen: controls other than line feed and tab, format, tag and filler characters, variation selectors.</summary>
    public static bool Is(Rune rune) => rune.Value switch
    {
        '\n' or '\t' => false,
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x2800 or 0x3164 or 0xFFA0 => true,
        >= 0x180B and <= 0x180F => true,
        >= 0x2060 and <= 0x206F => true,
        >= 0xFE00 and <= 0xFE0F => true,
        >= 0xFFF0 and <= 0xFFFB => true,
        >= 0xE0000 and <= 0xE0FFF => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    /// <summary>The text with what is not seen written out. Carriage returns before line feeds stay, and so do joiners and selectors where writing needs them.</summary>
    public static string Shown(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Most texts are plain.
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.All(c => c is '\n' or '\t' or (>= ' ' and <= '~')))
            return text;
        var shown = new StringBuilder(text.Length + 32);
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                shown.Append(text[i++]);
                continue;
            }

            var end = i + rune.Utf16SequenceLength;
            if (Is(rune) && !(rune.Value == '\r' && end < text.Length && text[end] == '\n') && !IsInItsPlace(text, i, end, rune.Value))
                shown.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
            else
                shown.Append(text, i, end - i);
            i = end;
        }

        return shown.ToString();
    }

    /// <summary>
    /// A text that somebody copied from what <see cref="Shown"/> made of a file, with the characters themselves again. What the file has in
    /// letters stays, and so does what it does not have at all.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file's text as it is.</param>
    public static string Back(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        return !text.Contains("[U+", StringComparison.Ordinal) ? text : Written().Replace(text, m =>
            int.TryParse(m.Groups["code"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.TryCreate(code, out var rune) && Is(rune)
            && rune.ToString() is var character && file.Contains(character, StringComparison.Ordinal) && !file.Contains(m.Value, StringComparison.Ordinal)
                ? character : m.Value);
    }

    // A joiner between letters of scripts that need it, or within an emoji; a selector behind a symbol.
    private static bool IsInItsPlace(string text, int at, int end, int value)
    {
        if (at == 0 || value is not (0x200C or 0x200D or 0xFE0E or 0xFE0F))
            return false;
        var before = RuneBefore(text, at);
        if (value is 0xFE0E or 0xFE0F)
            return IsSymbol(before);
        if (end >= text.Length || !Rune.TryGetRuneAt(text, end, out var next))
            return false;
        return (IsOfJoiningScript(before) && IsOfJoiningScript(next))
            || (value == 0x200D && IsSymbol(next) && (IsSymbol(before) || before.Value is 0xFE0F or (>= 0x1F3FB and <= 0x1F3FF)));
    }

    private static Rune RuneBefore(string text, int at) =>
        at > 1 && Rune.TryGetRuneAt(text, at - 2, out var pair) && pair.Utf16SequenceLength == 2 ? pair : Rune.TryCreate(text[at - 1], out var single) ? single : Rune.ReplacementChar;

    private static bool IsSymbol(Rune rune) => rune.Value > 0xFF && Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol;

    private static bool IsOfJoiningScript(Rune rune) => rune.Value is (>= 0x0600 and <= 0x0DFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x18AF) && !Is(rune);

    [GeneratedRegex(@"\[U\+(?<code>[0-9A-F]{4,6})\]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Written();
}
