using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Finds the lines of a Markdown comment that are ordinary text: top-level paragraphs only, so nothing of code, quotes (lazy
/// continuations included, as the forge renders them), lists, tables, HTML and HTML comments. The text is parsed as it was written
/// and cleaned afterwards: cleaning first could turn a line inside a fence into one outside it.
/// </summary>
internal static partial class OrdinaryText
{
    // Forges stop a comment at 65,536 characters (GitHub); twice that is nothing a forge sends. A cut text could end a code span early.
    private const int MaxLength = 131_072;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    public static IReadOnlyList<OrdinaryLine> LinesOf(string markdown)
    {
        if (markdown.Length > MaxLength)
            return [];
        MarkdownDocument document;
        try
        {
            document = Markdown.Parse(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            // Markdig refuses absurd nesting this way; nobody gives a command like that.
            return [];
        }

        var lines = new List<OrdinaryLine>();
        var wrappers = new HtmlWrappers();
        foreach (var block in document)
        {
            if (block is HtmlBlock html)
                wrappers.Read(html.Lines.ToString());
            else if (block is ParagraphBlock or HeadingBlock { IsSetext: true } && !IsTable(markdown, block))
                Read(markdown, ((LeafBlock)block).Inline, wrappers, lines);
        }

        return lines;
    }

    private static void Read(string markdown, ContainerInline? content, HtmlWrappers wrappers, List<OrdinaryLine> lines)
    {
        var startsLine = true;
        for (var inline = content?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            if (inline is LineBreakInline)
            {
                startsLine = true;
                continue;
            }

            if (startsLine && !wrappers.IsOpen && LineAt(markdown, inline.Span.Start) is { } text)
                lines.Add(new OrdinaryLine(text, inline is LiteralInline));
            startsLine = false;
            if (inline is HtmlInline html)
                wrappers.Read(html.Tag);
            else if (inline is ContainerInline container)
                foreach (var nested in container.Descendants<HtmlInline>())
                    wrappers.Read(nested.Tag);
        }
    }

    // The whole source line around a position; null when anything but a small indentation comes before the position.
    private static string? LineAt(string markdown, int position)
    {
        if (position < 0 || position >= markdown.Length)
            return null;
        var start = position;
        while (start > 0 && markdown[start - 1] is not ('\n' or '\r'))
            start--;
        if (position - start > 3 || markdown.AsSpan(start, position - start).ContainsAnyExcept(' '))
            return null;
        var length = markdown.AsSpan(position).IndexOfAny('\n', '\r');
        var line = length < 0 ? markdown[position..] : markdown.Substring(position, length);
        return VisibleText.Of(HtmlComment().Replace(line, "")).Trim();
    }

    private static bool IsTable(string markdown, Block block)
    {
        var end = Math.Min(block.Span.End + 1, markdown.Length);
        return block.Span.Start >= 0 && block.Span.Start < end
            && markdown[block.Span.Start..end].Split('\n').Any(line => line.Contains('|', StringComparison.Ordinal) && TableRule().IsMatch(line));
    }

    [GeneratedRegex(@"<!--.*?(-->|$)", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HtmlComment();

    // The row of dashes below a table's head. Only these characters, so there is nothing to backtrack into.
    [GeneratedRegex(@"^[ \t|:\-\r]*-[ \t|:\-\r]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TableRule();
}

/// <summary>One line of a comment that is the writer's ordinary text.</summary>
/// <param name="Text">The line as a reader sees it, without indentation.</param>
/// <param name="StartsPlain">False when it begins inside emphasis, a link, code or the like: no command starts there.</param>
internal sealed record OrdinaryLine(string Text, bool StartsPlain);

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
