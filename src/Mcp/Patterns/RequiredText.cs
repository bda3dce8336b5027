namespace CodingAgent.Mcp.Patterns;

/// <summary>
/// Finds a text that is in whatever a regular expression matches, so that files without it need not be looked at. Where it is not sure it finds none:
/// then all are looked at.
/// </summary>
public static class RequiredText
{
    private const int Shortest = 2;

    /// <summary>The longest run of plain ASCII characters that every match holds; null when none is certain.</summary>
    /// <param name="pattern">An expression that .NET can read, without options.</param>
    public static string? Of(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        // Alternatives, groups, options and comments: what is required then takes a real parser.
        if (pattern.AsSpan().IndexOfAny("|(") >= 0) return null;
        var (best, run) = ("", "");
        for (var i = 0; i < pattern.Length; i++)
        {
            var literal = Literal(pattern, ref i);
            var isOptional = i + 1 < pattern.Length && pattern[i + 1] is '?' or '*' or '{';
            var isRepeated = i + 1 < pattern.Length && pattern[i + 1] == '+';
            if (literal is { } c && !isOptional)
            {
                run += c;
                Keep();
                // What comes after the first of several is not next to it.
                if (isRepeated) run = "";
            }
            else
            {
                run = "";
            }
        }

        return best.Length >= Shortest ? best : null;

        void Keep()
        {
            if (run.Length > best.Length) best = run;
        }
    }

    // One element of the expression, to its last character; null when it stands for anything but one plain character.
    private static char? Literal(string pattern, ref int i)
    {
        var c = pattern[i];
        switch (c)
        {
            case '[':
                // A class ends at the first bracket that is not its first member; subtraction and escapes are passed over.
                i++;
                if (i < pattern.Length && pattern[i] == '^') i++;
                if (i < pattern.Length && pattern[i] == ']') i++;
                for (var depth = 1; i < pattern.Length; i++)
                {
                    if (pattern[i] == '\\') i++;
                    else if (pattern[i] == '[' && pattern[i - 1] == '-') depth++;
                    else if (pattern[i] == ']' && --depth == 0) break;
                }

                return null;
            case '\\' when i + 1 < pattern.Length:
                i++;
                // Of letters and digits each means something, and some go on.
                return char.IsAsciiLetterOrDigit(pattern[i]) ? Skip(pattern, ref i) : Plain(pattern[i]);
            case '.' or '^' or '$' or '?' or '*' or '+' or '\\':
                return null;
            case '{':
                // A repeat, or a brace: either way nothing that is surely there.
                while (i + 1 < pattern.Length && pattern[i] != '}') i++;
                return null;
            default:
                return Plain(c);
        }
    }

    private static char? Plain(char c) => char.IsAscii(c) && !char.IsControl(c) ? c : null;

    // \x41, \u0041, \cA, \p{L}, \k<name>, \012: passed over whole, or as far as it may go on.
    private static char? Skip(string pattern, ref int i)
    {
        var more = pattern[i] switch { 'x' => 2, 'u' => 4, 'c' => 1, _ => 0 };
        if (pattern[i] is 'p' or 'P' or 'k') while (i + 1 < pattern.Length && pattern[i] is not ('}' or '>' or '\'')) i++;
        else if (char.IsAsciiDigit(pattern[i])) while (i + 1 < pattern.Length && char.IsAsciiDigit(pattern[i + 1])) i++;
        i = Math.Min(pattern.Length - 1, i + more);
        return null;
    }
}
