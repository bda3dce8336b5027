using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Follows HTML elements whose content is quoted, code, struck out or folded away: Markdown continues inside them after a blank
/// line, and a command there is not the writer's own ordinary text. An element left open keeps the rest of the comment inert.
/// </summary>
internal sealed partial class HtmlWrappers
{
    private readonly Dictionary<string, int> _open = new(StringComparer.OrdinalIgnoreCase);

    public bool IsOpen => _open.Values.Any(depth => depth > 0);

    public void Read(string html)
    {
        if (html.StartsWith("<!--", StringComparison.Ordinal))
            return;
        foreach (Match tag in Tag().Matches(html))
        {
            var name = tag.Groups["name"].Value;
            var depth = _open.GetValueOrDefault(name);
            _open[name] = tag.Groups["close"].Success ? Math.Max(0, depth - 1) : depth + 1;
        }
    }

    [GeneratedRegex(
        @"<(?<close>/)?(?<name>blockquote|pre|code|samp|kbd|tt|q|cite|del|s|strike|details|template|textarea|script|style|table)(?=[\s/>]|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();
}
