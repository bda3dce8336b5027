using CodingAgent.Mcp.Patterns;

namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Matches paths from the repository root: <c>*</c> and <c>?</c> stay within one segment, <c>**</c> crosses them, <c>{a,b}</c> is one or the
/// other (nested too), and a slash at the end means everything in that folder. Square brackets, and braces without a comma, are themselves:
/// folders are called <c>[id]</c> and <c>{{cookiecutter.name}}</c>. Matched by a <see cref="GlobAutomaton"/>, so that no
/// pattern of a policy file or a manifest can hang a worker.
/// </summary>
public sealed class PathGlob
{
    private readonly GlobAutomaton _automaton;

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
        _automaton = GlobAutomaton.Build(parts => Translate(pattern, denies, parts), ignoresCase: denies);
    }

    /// <summary>True when the pattern can be used. Braces must come in pairs, so that a slip does not become a rule that matches nothing.</summary>
    public static bool IsValid(string pattern) =>
        pattern.Length is > 0 and <= 300 && pattern[0] != '/' && !pattern.Contains('\\', StringComparison.Ordinal)
        && !pattern.Any(char.IsControl) && !pattern.Split('/').Any(s => s is ".." or ".") && Braces(pattern) is not null;

    /// <summary>True when the path matches.</summary>
    public bool IsMatch(string path) => _automaton.IsMatch(path);

    /// <summary>True when one of the patterns matches. For many paths, compile the patterns once with <see cref="All"/>.</summary>
    public static bool AnyMatch(IEnumerable<string> patterns, string path) =>
        patterns.Any(p => new PathGlob(p).IsMatch(path));

    /// <summary>A matcher of all the patterns together.</summary>
    /// <param name="patterns">Patterns, one of which must match.</param>
    /// <param name="denies">As for one pattern.</param>
    public static Func<string, bool> All(IEnumerable<string> patterns, bool denies = false)
    {
        PathGlob[] globs = [.. patterns.Select(p => new PathGlob(p, denies))];
        return path => Array.Exists(globs, g => g.IsMatch(path));
    }

    private static void Translate(string pattern, bool denies, GlobAutomaton.Parts parts)
    {
        if (pattern.EndsWith('/'))
            pattern += "**";
        // Whoever denies a folder denies a file, a link or a submodule in its place.
        while (denies && pattern.EndsWith("/**", StringComparison.Ordinal) && pattern.AsSpan().IndexOfAnyExcept('*', '/') >= 0)
            pattern = pattern[..^3];
        var braces = Braces(pattern)!;
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
                        parts.Folders();
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
                default:
                    Sign(pattern[i], braces.Contains(i), parts);
                    break;
            }
        }

        if (!denies) return;
        parts.Open();
        parts.Character('/');
        parts.Anything();
        parts.Or();
        parts.Close();
    }

    private static void Sign(char sign, bool isChoice, GlobAutomaton.Parts parts)
    {
        if (!isChoice) parts.Character(sign);
        else if (sign == '{') parts.Open();
        else if (sign == ',') parts.Or();
        else parts.Close();
    }

    /// <summary>Where the braces and commas stand that mean a choice; null when braces do not come in pairs.</summary>
    private static HashSet<int>? Braces(string pattern)
    {
        var choices = new HashSet<int>();
        var open = new Stack<(int At, List<int> Commas)>();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '{')
            {
                open.Push((i, []));
            }
            else if (pattern[i] == ',' && open.Count > 0)
            {
                open.Peek().Commas.Add(i);
            }
            else if (pattern[i] == '}')
            {
                if (!open.TryPop(out var pair))
                    return null;
                if (pair.Commas.Count > 0)
                    choices.UnionWith([pair.At, .. pair.Commas, i]);
            }
        }

        return open.Count == 0 ? choices : null;
    }
}
