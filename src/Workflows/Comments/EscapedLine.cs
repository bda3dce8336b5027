using System.Text;

namespace CodingAgent.Workflows.Comments;

/// <summary>One line of outside text as Markdown that shows it letter by letter, whatever forge renders it.</summary>
internal static class EscapedLine
{
    private const string Gap = "&#8203;";

    /// <summary>The line, escaped. Where letters act together (<see cref="LiveWords.Places"/>) an invisible gap parts them; a commit's id becomes code, so that it can still be copied.</summary>
    public static string Of(string line)
    {
        var text = new StringBuilder(line.Length + 16);
        var (gaps, ids) = (LiveWords.Places(line), LiveWords.Ids(line));
        for (var i = 0; i < line.Length; i++)
        {
            if (ids.TryGetValue(i, out var end))
            {
                text.Append('`').Append(line, i, end - i).Append('`');
                i = end - 1;
                continue;
            }

            if (gaps.Contains(i))
                text.Append(Gap);
            var c = line[i];
            _ = c switch
            {
                '&' => text.Append("&amp;"),
                '<' => text.Append("&lt;"),
                '>' => text.Append("&gt;"),
                // Mathematics begins here, and a backslash is part of it.
                '$' => text.Append("&#36;"),
                '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '~' => text.Append('\\').Append(c),
                // At the start of a line these would open lists, headings or rules.
                '-' or '+' or '=' when i == 0 => text.Append('\\').Append(c),
                '.' or ')' when i > 0 && line.AsSpan(0, i).IndexOfAnyExceptInRange('0', '9') < 0 => text.Append('\\').Append(c),
                _ => text.Append(c),
            };
        }

        if (gaps.Contains(line.Length))
            text.Append(Gap);
        return text.ToString();
    }
}
