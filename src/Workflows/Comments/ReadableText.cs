using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Comments;

/// <summary>Reduces text to what a reader of a comment or commit can see, in whole characters.</summary>
internal static class ReadableText
{
    // Stacked marks beyond what any script writes cover the lines around them.
    private const int MostMarks = 6;

    /// <summary>The text without hidden, private and unassigned characters; line ends are \n.</summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var clean = new StringBuilder(text.Length);
        var (afterSymbol, marks) = (false, 0);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            // A symbol's one selector says whether it is an emoji; more of them say what nobody sees.
            var isKept = rune.Value is 0xFE0E or 0xFE0F ? afterSymbol : !Invisible.Is(rune) && category is not (UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
            afterSymbol = category == UnicodeCategory.OtherSymbol;
            marks = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? marks + 1 : 0;
            if (isKept && marks <= MostMarks)
                clean.Append(rune);
        }

        return clean.ToString();
    }
}
