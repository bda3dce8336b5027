using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Texts;

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

    private static bool IsHidden(Rune rune) => rune.Value is not ('\r' or 0x2028 or 0x2029) && (Invisible.Is(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Surrogate);
}
