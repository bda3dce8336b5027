using System.Text.RegularExpressions;

namespace CodingAgent.Forges.GitHub;

/// <summary>Reads the replacements that a line comment proposes: fenced blocks whose info string is <c>suggestion</c>, as GitHub renders them.</summary>
internal static partial class SuggestionBlocks
{
    /// <summary>The texts to put in place of the comment's lines, in order; null for one that removes them.</summary>
    public static IEnumerable<string?> In(string body)
    {
        string? fence = null;
        var isSuggestion = false;
        var lines = new List<string>();
        foreach (var line in body.ReplaceLineEndings("\n").Split('\n'))
        {
            if (fence is null)
            {
                if (Opening().Match(line) is not { Success: true } opening)
                    continue;
                (fence, isSuggestion) = (opening.Groups["fence"].Value, opening.Groups["info"].Value.Trim().Equals("suggestion", StringComparison.OrdinalIgnoreCase));
                lines.Clear();
            }
            else if (Closing().Match(line) is { Success: true } closing && closing.Groups["fence"].Value is var end && end[0] == fence[0] && end.Length >= fence.Length)
            {
                fence = null;
                if (isSuggestion)
                    yield return lines.Count == 0 ? null : string.Join('\n', lines);
            }
            else
            {
                lines.Add(line);
            }
        }

        // One that is never closed goes on to the end for a reader, too, but nobody meant that.
    }

    [GeneratedRegex("^ {0,3}(?<fence>`{3,}|~{3,})(?<info>[^`]*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Opening();

    [GeneratedRegex("^ {0,3}(?<fence>`{3,}|~{3,})[ \\t]*$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Closing();
}
