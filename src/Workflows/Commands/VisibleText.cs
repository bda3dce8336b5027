using System.Globalization;
using System.Text;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Reduces text to what a reader can see. Zero-width, bidirectional, tag and filler characters would let a command read
/// differently from how it looks.
/// </summary>
public static class VisibleText
{
    /// <summary>The text without invisible characters; line breaks and tabs stay.</summary>
    public static string Of(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsHidden(rune))
                visible.Append(rune);
        }

        return visible.ToString();
    }

    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Format or UnicodeCategory.Surrogate => true,
            UnicodeCategory.Control => rune.Value is not ('\n' or '\r' or '\t'),
            _ => rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or (>= 0x180B and <= 0x180F)
                or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0000 and <= 0xE0FFF),
        };
}
