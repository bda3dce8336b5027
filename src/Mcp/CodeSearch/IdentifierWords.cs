using System.Text;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>Takes code and questions apart into words: identifiers whole, and by the parts that their case, digits and underlines show.</summary>
internal static class IdentifierWords
{
    // What is longer is data in base64, or minified code: nobody asks for it by its middle.
    private const int Longest = 64;

    /// <summary>Identifiers and numbers of a text, in order.</summary>
    public static IEnumerable<string> Identifiers(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_'))
            {
                if (start < 0) start = i;
            }
            else if (start >= 0)
            {
                if (i - start <= Longest) yield return text[start..i];
                start = -1;
            }
        }
    }

    /// <summary>The parts of an identifier, in lower case: <c>parse</c> and <c>url2</c> of <c>parseURL2</c>; the whole alone where it has but one.</summary>
    public static IReadOnlyList<string> Parts(string identifier)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 1; i <= identifier.Length; i++)
        {
            if (i < identifier.Length && !IsBoundary(identifier, i)) continue;
            var part = identifier[start..i].Trim('_');
            if (part.Length > 0) parts.Add(part.ToLowerInvariant());
            start = i;
        }

        return parts;
    }

    /// <summary>What a full-text index keeps of a text: every identifier whole and, where it has several parts, those.</summary>
    public static string ForIndex(string text)
    {
        var words = new StringBuilder(text.Length + (text.Length / 2));
        foreach (var identifier in Identifiers(text))
        {
            words.Append(identifier.Replace("_", "", StringComparison.Ordinal)).Append(' ');
            var parts = Parts(identifier);
            if (parts.Count < 2) continue;
            foreach (var part in parts) words.Append(part).Append(' ');
        }

        return words.ToString();
    }

    // aB, ABc before the B, a_b.
    private static bool IsBoundary(string text, int i) =>
        text[i] == '_' || text[i - 1] == '_'
        || (char.IsUpper(text[i]) && (!char.IsUpper(text[i - 1]) || (i + 1 < text.Length && char.IsLower(text[i + 1]))));
}
