using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Texts;

/// <summary>Cuts texts where a reader would: never within a character, so that no half of one is sent on. Pure, and total on any text.</summary>
public static class TextCut
{
    // More marks than this on one letter are no writing; the cut goes through them.
    private const int MostMarks = 16;

    /// <summary>The beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Characters (UTF-16) at most; not below 0.</param>
    /// <param name="sign">What stands in place of the rest, besides the <paramref name="most"/> characters; nothing where all fits.</param>
    public static string Head(string text, int most, string sign = "")
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most ? text : text[..Before(text, most)] + sign;
    }

    /// <summary>The end of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Characters at most.</param>
    /// <param name="sign">What stands in place of what came before; nothing where all fits.</param>
    public static string Tail(string text, int most, string sign = "")
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most ? text : sign + text[After(text, text.Length - most)..];
    }

    /// <summary>Beginning and end of a text, of equal length.</summary>
    /// <param name="text">The text.</param>
    /// <param name="half">Characters of each at most.</param>
    /// <param name="between">What stands between, given how many characters are left out.</param>
    public static string Ends(string text, int half, Func<int, string> between)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(between);
        if (text.Length <= 2 * half)
            return text;
        var (head, tail) = (Before(text, half), After(text, text.Length - half));
        return text[..head] + between(tail - head) + text[tail..];
    }

    /// <summary>The last place at or before <paramref name="at"/> that lies between two characters as people see them.</summary>
    private static int Before(string text, int at)
    {
        var place = at;
        for (var i = 0; i < MostMarks && place > 0 && IsWithin(text, place); i++)
            place--;
        return IsWithin(text, place) ? at - (IsWithinPair(text, at) ? 1 : 0) : place;
    }

    private static int After(string text, int at)
    {
        var place = at;
        for (var i = 0; i < MostMarks && place < text.Length && IsWithin(text, place); i++)
            place++;
        return IsWithin(text, place) ? at + (IsWithinPair(text, at) ? 1 : 0) : place;
    }

    private static bool IsWithinPair(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]);

    // Marks and joiners belong to what is before them, and what a joiner joins belongs to it.
    private static bool IsWithin(string text, int at)
    {
        if (at <= 0 || at >= text.Length)
            return false;
        if (IsWithinPair(text, at) || text[at - 1] == '\u200D' || (text[at - 1] == '\r' && text[at] == '\n'))
            return true;
        return Rune.TryGetRuneAt(text, at, out var next)
            && (next.Value is 0x200D or (>= 0x1F3FB and <= 0x1F3FF)
                || Rune.GetUnicodeCategory(next) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark);
    }
}
