using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Servers;

/// <summary>Lines that stand for lines left out, such as <c>// ... existing code ...</c>: taken literally they would delete code.</summary>
internal static partial class EditElision
{
    private static readonly HashSet<string> Prose = new(StringComparer.OrdinalIgnoreCase) { ".md", ".markdown", ".mdx", ".txt", ".rst", ".adoc", "" };
    private static readonly HashSet<string> DotsAreCode = new(StringComparer.OrdinalIgnoreCase) { ".py", ".pyi", ".yml", ".yaml" };

    /// <summary>True for files whose content is text for people.</summary>
    public static bool IsProse(string path) => Prose.Contains(Path.GetExtension(path));

    /// <summary>Index of the first line that is such a mark, bare dots included; -1 when there is none.</summary>
    public static int In(IReadOnlyList<string> lines) => lines.ToList().FindIndex(l => Dots().IsMatch(l) || Words().IsMatch(l));

    /// <summary>The first line of a new text that is such a mark and not the file's own; null when there is none.</summary>
    public static string? Added(string path, IReadOnlyList<string> fresh, IReadOnlyList<string> file)
    {
        if (IsProse(path)) return null;
        var dotsCount = !DotsAreCode.Contains(Path.GetExtension(path));
        var added = fresh.FirstOrDefault(l => Words().IsMatch(l) || (dotsCount && Dots().IsMatch(l)))?.Trim();
        return added is null || file.Any(l => l.Trim() == added) ? null : added;
    }

    [GeneratedRegex(@"^\s*(?:\.\.\.|…)\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Dots();

    [GeneratedRegex(
        @"^\s*(?://+|\#+|/\*+|\*|--+|<!--|;+|%+|\{/\*)\s*(?:\[?(?:\.\.\.|…)\]?\s*(?:\*/\}?|-->)?\s*$|(?:\.\.\.|…)\s*(?:the |your )?(?:existing|rest|remaining|remainder|unchanged|omitted|same|previous|other|keep)\b|.*\b(?:existing|remaining|unchanged|rest of (?:the|your))\s+(?:code|file|methods?|functions?|class|implementation|imports?|lines?|content|logic)\b.*(?:\.\.\.|…))",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Words();
}
