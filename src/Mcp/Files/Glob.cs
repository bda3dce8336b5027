using System.Globalization;
using CodingAgent.Mcp.Patterns;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// Matches paths from the workspace's root: <c>*</c> and <c>?</c> within one segment, <c>**</c> across them, <c>{a,b}</c> and <c>{1..3}</c>
/// nested at will, <c>[a-z]</c> as a class and also as the name it spells (a folder of Next.js is called <c>[id]</c>), a backslash before a
/// special character for itself, and a slash at the end for everything in that folder. Matched by a <see cref="GlobAutomaton"/>, so
/// that no pattern takes longer than in proportion to the path.
/// </summary>
internal sealed class Glob
{
    private const int Longest = 1000;
    private const int LargestRange = 200;
    private const string Special = "[]{}*?!,\\()";

    private readonly GlobAutomaton _automaton;

    private Glob(GlobAutomaton automaton, string folder) => (_automaton, Folder) = (automaton, folder);

    /// <summary>The folder that everything matched lies in; empty for the root.</summary>
    public string Folder { get; }

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="ignoreCase">True to overlook case.</param>
    /// <exception cref="ArgumentException">The pattern cannot be read; the message says why.</exception>
    public static Glob Parse(string pattern, bool ignoreCase = false)
    {
        if (pattern.Length > Longest) throw new ArgumentException($"A path pattern of {pattern.Length} characters is too long; at most {Longest}.", nameof(pattern));
        if (pattern.StartsWith('!'))
            throw new ArgumentException($"'{pattern}' is not a valid path pattern: a pattern cannot exclude; name what is wanted instead.", nameof(pattern));
        var plain = pattern.Contains('/', StringComparison.Ordinal) ? pattern : pattern.Replace('\\', '/');
        while (plain.StartsWith("./", StringComparison.Ordinal)) plain = plain[2..];
        plain = plain.TrimStart('/');
        if (plain.Length == 0) throw new ArgumentException("A path pattern is empty.", nameof(pattern));
        if (plain.EndsWith('/')) plain += "**";
        try
        {
            return new Glob(GlobAutomaton.Build(parts => Translate(plain, parts), ignoreCase), FolderOf(plain));
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"'{pattern}' is not a valid path pattern: {e.Message}", nameof(pattern), e);
        }
    }

    /// <summary>True when the path matches.</summary>
    public bool IsMatch(string path) => _automaton.IsMatch(path);

    private static void Translate(string pattern, GlobAutomaton.Parts parts)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i += 1;
                    while (i + 1 < pattern.Length && pattern[i + 1] == '*') i++;
                    // "**/" as a segment is also no folder at all; elsewhere "**" is anything.
                    if (parts.IsAtSegment && i + 1 < pattern.Length && pattern[i + 1] == '/')
                    {
                        i++;
                        parts.Folders();
                        // One after the other says no more than one.
                        while (string.CompareOrdinal(pattern, i + 1, "**/", 0, 3) == 0) i += 3;
                    }
                    else
                    {
                        parts.Anything();
                    }

                    break;
                case '*':
                    parts.ManyInSegment();
                    break;
                case '?':
                    parts.OneInSegment();
                    break;
                case '\\' when i + 1 < pattern.Length && Special.Contains(pattern[i + 1], StringComparison.Ordinal):
                    parts.Character(pattern[++i]);
                    break;
                case '\\':
                    parts.Character('/');
                    break;
                case '{' when ClosingBrace(pattern, i) is var end and > 0:
                    Alternatives(pattern[(i + 1)..end], parts);
                    i = end;
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is var end and > 0 && !pattern.AsSpan(i, end - i).Contains('/'):
                    // As in a shell, a bracket right after the opening one belongs to the class.
                    if (end == i + 1 && pattern.IndexOf(']', end + 1) is var further and > 0 && !pattern.AsSpan(i, further - i).Contains('/')) end = further;
                    Class(pattern[(i + 1)..end], parts);
                    i = end;
                    break;
                default:
                    parts.Character(pattern[i]);
                    break;
            }
        }
    }

    private static void Alternatives(string inner, GlobAutomaton.Parts parts)
    {
        var ways = SplitAtCommas(inner);
        var numbers = ways.Count == 1 ? Range(inner) : null;
        // As in a shell, braces around one thing are part of the name.
        var isName = ways.Count == 1 && numbers is null;
        if (isName) parts.Character('{');
        else parts.Open();
        for (var i = 0; i < (numbers ?? ways).Count; i++)
        {
            if (i > 0) parts.Or();
            if (numbers is null) Translate(ways[i], parts);
            else Name(numbers[i], parts);
        }

        if (isName) parts.Character('}');
        else parts.Close();
    }

    private static void Name(string name, GlobAutomaton.Parts parts)
    {
        foreach (var c in name) parts.Character(c);
    }

    private static List<string>? Range(string inner)
    {
        var at = inner.IndexOf("..", StringComparison.Ordinal);
        if (at <= 0 || !int.TryParse(inner[..at], CultureInfo.InvariantCulture, out var from) || !int.TryParse(inner[(at + 2)..], CultureInfo.InvariantCulture, out var to)) return null;
        if (from > to) (from, to) = (to, from);
        return (long)to - from > LargestRange ? null : [.. Enumerable.Range(from, to - from + 1).Select(n => n.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>One character of the class, or the brackets as they stand.</summary>
    private static void Class(string inner, GlobAutomaton.Parts parts)
    {
        var isNegative = inner.Length > 1 && inner[0] is '!' or '^';
        var members = isNegative ? inner[1..] : inner;
        var ranges = new List<(char First, char Last)>();
        for (var i = 0; i < members.Length; i++)
        {
            var isRange = i + 2 < members.Length && members[i + 1] == '-';
            // "[...sign-in]" is no class: n comes after i.
            if (isRange && members[i] > members[i + 2])
            {
                ranges.Clear();
                break;
            }

            ranges.Add((members[i], members[isRange ? i + 2 : i]));
            if (isRange) i += 2;
        }

        if (ranges.Count > 0)
        {
            parts.Open();
            parts.OneOf(new GlobAutomaton.CharacterSet(ranges, isNegative));
            parts.Or();
        }

        Name($"[{inner}]", parts);
        if (ranges.Count > 0) parts.Close();
    }

    private static int ClosingBrace(string pattern, int open)
    {
        for (int i = open, depth = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] == '{') depth++;
            else if (pattern[i] == '}' && --depth == 0) return i;
        }

        return -1;
    }

    /// <summary>Parts between commas that lie in no inner braces.</summary>
    public static List<string> SplitAtCommas(string text)
    {
        var (parts, start, depth) = (new List<string>(), 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == '{') depth++;
            else if (text[i] == '}') depth--;
            else if (text[i] == ',' && depth == 0)
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static string FolderOf(string pattern)
    {
        var special = pattern.AsSpan().IndexOfAny("*?[{\\");
        var plain = special < 0 ? pattern : pattern[..special];
        return plain[..Math.Max(0, plain.LastIndexOf('/'))];
    }
}
