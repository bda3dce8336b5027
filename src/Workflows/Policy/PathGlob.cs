using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Matches paths from the repository root: <c>*</c> and <c>?</c> stay within one segment, <c>**</c> crosses them, and a slash at the end
/// means everything in that folder. Built on a
/// non-backtracking expression, so that no pattern of a policy file can hang a worker.
/// </summary>
public sealed class PathGlob
{
    private static readonly ConcurrentDictionary<string, PathGlob> Compiled = new(StringComparer.Ordinal);
    private readonly Regex _regex;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="denies">
    /// True for rules that deny: case does not count, because some disks ignore it, and a folder that matches takes along all below it,
    /// because a rule that silently protects nothing is the worst kind.
    /// </param>
    /// <exception cref="FormatException">The pattern is not valid.</exception>
    public PathGlob(string pattern, bool denies = false)
    {
        if (!IsValid(pattern))
            throw new FormatException($"'{pattern}' is not a path pattern.");
        _regex = new Regex(
            Translate(pattern, denies),
            RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | (denies ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    /// <summary>True when the pattern can be used.</summary>
    public static bool IsValid(string pattern) =>
        pattern.Length is > 0 and <= 300 && pattern[0] != '/' && !pattern.Contains('\\', StringComparison.Ordinal)
        && !pattern.Any(c => char.IsControl(c) || c is '[' or ']' or '{' or '}') && !pattern.Split('/').Any(s => s is ".." or ".");

    /// <summary>True when the path matches.</summary>
    public bool IsMatch(string path) => _regex.IsMatch(path);

    /// <summary>True when one of the patterns matches.</summary>
    public static bool AnyMatch(IEnumerable<string> patterns, string path) => patterns.Any(p => Of(p).IsMatch(path));

    // A gate asks a hundred patterns about every changed path.
    private static PathGlob Of(string pattern)
    {
        if (Compiled.TryGetValue(pattern, out var known))
            return known;
        if (Compiled.Count > 2_000)
            Compiled.Clear();
        return Compiled[pattern] = new PathGlob(pattern);
    }

    private static string Translate(string pattern, bool denies)
    {
        if (pattern.EndsWith('/'))
            pattern += "**";
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    // "**/" also matches no directory at all; a final "**" matches everything below.
                    if (i + 1 < pattern.Length && pattern[i + 1] == '/')
                    {
                        i++;
                        regex.Append("(?:.*/)?");
                    }
                    else
                    {
                        regex.Append(".*");
                    }

                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return regex.Append(denies ? @"(?:/.*)?\z" : @"\z").ToString();
    }
}
