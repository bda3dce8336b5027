using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// Matches paths from the workspace's root: <c>*</c> and <c>?</c> within one segment, <c>**</c> across them, <c>{a,b}</c> and <c>{1..3}</c>
/// nested at will, <c>[a-z]</c> as a class and also as the name it spells (a folder of Next.js is called <c>[id]</c>), a backslash before a
/// special character for itself, and a slash at the end for everything in that folder. Built on a non-backtracking expression, so that no
/// pattern takes longer than in proportion to the path.
/// </summary>
internal sealed class Glob
{
    private const int Longest = 1000;
    private const int LargestRange = 200;
    private const string Special = "[]{}*?!,\\()";

    private readonly Regex _regex;

    private Glob(Regex regex, string folder) => (_regex, Folder) = (regex, folder);

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
        var regex = new StringBuilder(@"\A");
        Translate(plain, regex);
        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
            return new Glob(new Regex(regex.Append(@"\z").ToString(), options), FolderOf(plain));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"'{pattern}' is not a valid path pattern: it is too large.", nameof(pattern), e);
        }
    }

    /// <summary>True when the path matches.</summary>
    public bool IsMatch(string path) => _regex.IsMatch(path);

    private static void Translate(string pattern, StringBuilder regex)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i += 1;
                    while (i + 1 < pattern.Length && pattern[i + 1] == '*') i++;
                    // "**/" as a segment is also no folder at all; elsewhere "**" is anything.
                    var isSegment = i + 1 < pattern.Length && pattern[i + 1] == '/' && (regex.Length == 2 || regex[^1] is '/' or '(' or '|' or ':');
                    if (isSegment) i++;
                    regex.Append(isSegment ? "(?:.*/)?" : ".*");
                    // One after the other says no more than one.
                    while (isSegment && string.CompareOrdinal(pattern, i + 1, "**/", 0, 3) == 0) i += 3;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '\\' when i + 1 < pattern.Length && Special.Contains(pattern[i + 1], StringComparison.Ordinal):
                    regex.Append(Literal(pattern[++i]));
                    break;
                case '\\':
                    regex.Append('/');
                    break;
                case '{' when ClosingBrace(pattern, i) is var end and > 0:
                    Alternatives(pattern[(i + 1)..end], regex);
                    i = end;
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is var end and > 0 && !pattern.AsSpan(i, end - i).Contains('/'):
                    // As in a shell, a bracket right after the opening one belongs to the class.
                    if (end == i + 1 && pattern.IndexOf(']', end + 1) is var further and > 0 && !pattern.AsSpan(i, further - i).Contains('/')) end = further;
                    Class(pattern[(i + 1)..end], regex);
                    i = end;
                    break;
                default:
                    regex.Append(Literal(pattern[i]));
                    break;
            }
        }
    }

    private static void Alternatives(string inner, StringBuilder regex)
    {
        var parts = SplitAtCommas(inner);
        if (parts.Count == 1 && Range(inner) is { } numbers)
        {
            regex.Append("(?:").AppendJoin('|', numbers).Append(')');
            return;
        }

        // As in a shell, braces around one thing are part of the name.
        var isName = parts.Count == 1;
        regex.Append(isName ? @"\{" : "(?:");
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0) regex.Append('|');
            Translate(parts[i], regex);
        }

        regex.Append(isName ? @"\}" : ")");
    }

    private static List<string>? Range(string inner)
    {
        var at = inner.IndexOf("..", StringComparison.Ordinal);
        if (at <= 0 || !int.TryParse(inner[..at], CultureInfo.InvariantCulture, out var from) || !int.TryParse(inner[(at + 2)..], CultureInfo.InvariantCulture, out var to)) return null;
        if (from > to) (from, to) = (to, from);
        return (long)to - from > LargestRange ? null : [.. Enumerable.Range(from, to - from + 1).Select(n => n.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>One character of the class, or the brackets as they stand.</summary>
    private static void Class(string inner, StringBuilder regex)
    {
        var name = new StringBuilder(@"\[");
        foreach (var c in inner) name.Append(Literal(c));
        name.Append(@"\]");
        var isNegative = inner.Length > 1 && inner[0] is '!' or '^';
        var members = isNegative ? inner[1..] : inner;
        var set = new StringBuilder();
        for (var i = 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                // "[...sign-in]" is no class: n comes after i.
                if (members[i] > members[i + 2]) set.Clear();
                if (members[i] > members[i + 2]) break;
                set.Append(InClass(members[i])).Append('-').Append(InClass(members[i + 2]));
                i += 2;
            }
            else
            {
                set.Append(InClass(members[i]));
            }
        }

        if (set.Length == 0) regex.Append(name);
        else if (isNegative) regex.Append("(?:[^/").Append(set).Append("]|").Append(name).Append(')');
        else regex.Append("(?:[").Append(set).Append("]|").Append(name).Append(')');
    }

    private static string Literal(char c) => Regex.Escape(c.ToString()).Replace("]", @"\]", StringComparison.Ordinal).Replace("}", @"\}", StringComparison.Ordinal);

    private static string InClass(char c) => c is '\\' or ']' or '[' or '^' or '-' ? $@"\{c}" : c.ToString();

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
