using System.Text.RegularExpressions;

namespace CodingAgent.Forges;

/// <summary>Reads the replacements that a line comment proposes: fenced blocks whose info string is <c>suggestion</c>, perhaps with a range behind a colon, as GitLab writes it.</summary>
internal static partial class SuggestionBlocks
{
    /// <summary>The texts to put in place of the comment's lines, in order, null for one that removes them; with what stands behind the colon.</summary>
    public static IEnumerable<(string Range, string? Text)> In(string body)
    {
        string? fence = null;
        string? range = null;
        var lines = new List<string>();
        foreach (var line in body.ReplaceLineEndings("\n").Split('\n'))
        {
            if (fence is null)
            {
                if (Opening().Match(line) is not { Success: true } opening)
                    continue;
                var info = opening.Groups["info"].Value.Trim().Split(':', 2);
                (fence, range) = (opening.Groups["fence"].Value, info[0].Equals("suggestion", StringComparison.OrdinalIgnoreCase) ? info.ElementAtOrDefault(1) ?? "" : null);
                lines.Clear();
            }
            else if (Closing().Match(line) is { Success: true } closing && closing.Groups["fence"].Value is var end && end[0] == fence[0] && end.Length >= fence.Length)
            {
                fence = null;
                if (range is not null)
                    yield return (range, lines.Count == 0 ? null : string.Join('\n', lines));
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
