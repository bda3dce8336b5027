using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Workflows.Commands;

/// <summary>
/// Finds what of a Markdown comment is its writer's own. Commands stand in ordinary lines: top-level paragraphs only, so nothing of code,
/// quotes (lazy continuations included, as the forge renders them), lists, tables, HTML and HTML comments. Words may stand anywhere but in
/// quotes and HTML comments. The text is parsed as it was written and cleaned afterwards: cleaning first could turn a line inside a fence
/// into one outside it.
/// </summary>
internal sealed partial class OwnText
{
    // Forges stop a comment at 65,536 characters (GitHub); twice that is nothing a forge sends. A cut text could end a code span early.
    private const int MaxLength = 131_072;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    private readonly string _markdown;
    private readonly List<OrdinaryLine> _lines = [];

    // Of others, or nobody's: quotes and HTML comments. Then what is no plain prose either: code, HTML, links.
    private readonly List<SourceSpan> _foreign = [];
    private readonly List<SourceSpan> _verbatim = [];

    private OwnText(string markdown, MarkdownDocument document)
    {
        _markdown = markdown;
        var wrappers = new HtmlWrappers();
        foreach (var block in document)
        {
            var (wasOpen, wasQuoting) = (wrappers.IsOpen, wrappers.IsQuoting);
            if (block is HtmlBlock html)
                wrappers.Read(html.Lines.ToString());
            else if (block is ParagraphBlock or HeadingBlock { IsSetext: true } && !IsTable(markdown, block))
                Read(((LeafBlock)block).Inline, wrappers);
            if (wasQuoting || wrappers.IsQuoting || (block is HtmlBlock quoted && Quotation().IsMatch(quoted.Lines.ToString())))
                _foreign.Add(block.Span);
            else if (wasOpen || wrappers.IsOpen)
                _verbatim.Add(block.Span);
        }

        _foreign.AddRange(document.Descendants<QuoteBlock>().Select(q => q.Span));
        _verbatim.AddRange(document.Descendants<CodeBlock>().Select(b => b.Span));
        _verbatim.AddRange(document.Descendants<HtmlBlock>().Select(b => b.Span));
        _verbatim.AddRange(document.Descendants<Inline>().Where(i => i is CodeInline or HtmlInline or LinkInline or AutolinkInline).Select(i => i.Span));
        foreach (var element in VerbatimElement().EnumerateMatches(markdown))
            _verbatim.Add(new SourceSpan(element.Index, element.Index + element.Length - 1));
    }

    /// <summary>The lines that are ordinary text.</summary>
    public IReadOnlyList<OrdinaryLine> Lines => _lines;

    /// <summary>The writer's plain prose, without anything verbatim: where a name that is mentioned means who it names.</summary>
    public string Prose => VisibleText.Of(HtmlComment().Replace(Without(0, _markdown.Length, [.. _foreign, .. _verbatim]), " "));

    /// <summary>Reads a comment.</summary>
    public static OwnText Of(string markdown)
    {
        if (markdown.Length > MaxLength)
            return new OwnText("", []);
        try
        {
            return new OwnText(markdown, Markdown.Parse(markdown, Pipeline));
        }
        catch (ArgumentException)
        {
            // Markdig refuses absurd nesting this way; nobody gives a command like that.
            return new OwnText("", []);
        }
    }

    /// <summary>The writer's own words between two places of the source, code and lists as they were written.</summary>
    public string Between(int start, int end)
    {
        var text = VisibleText.Of(HtmlComment().Replace(Without(start, Math.Min(end, _markdown.Length), _foreign), "")).ReplaceLineEndings("\n");
        var lines = new List<string>();
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd()))
        {
            // Mail programs put their signature below such a line.
            if (line == "--")
                break;
            if (line.Length > 0 || (lines.Count > 0 && lines[^1].Length > 0))
                lines.Add(line);
        }

        return string.Join('\n', lines).Trim('\n');
    }

    private string Without(int start, int end, IEnumerable<SourceSpan> left)
    {
        var text = new StringBuilder();
        var at = start;
        foreach (var span in left.Where(s => !s.IsEmpty && s.End >= start && s.Start < end).OrderBy(s => s.Start))
        {
            if (span.Start > at)
                text.Append(_markdown, at, span.Start - at);
            text.Append(' ');
            at = Math.Max(at, span.End + 1);
        }

        return at < end ? text.Append(_markdown, at, end - at).ToString() : text.ToString();
    }

    private void Read(ContainerInline? content, HtmlWrappers wrappers)
    {
        var startsLine = true;
        for (var inline = content?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            if (inline is LineBreakInline)
            {
                startsLine = true;
                continue;
            }

            if (startsLine && !wrappers.IsOpen && LineAt(inline.Span.Start) is var (start, end, text))
                _lines.Add(new OrdinaryLine(text, inline is LiteralInline, start, end));
            startsLine = false;
            if (inline is HtmlInline html)
                wrappers.Read(html.Tag);
            else if (inline is ContainerInline container)
                foreach (var nested in container.Descendants<HtmlInline>())
                    wrappers.Read(nested.Tag);
        }
    }

    // The whole source line around a position; null when anything but a small indentation comes before the position.
    private (int Start, int End, string Text)? LineAt(int position)
    {
        if (position < 0 || position >= _markdown.Length)
            return null;
        var start = position;
        while (start > 0 && _markdown[start - 1] is not ('\n' or '\r'))
            start--;
        if (position - start > 3 || _markdown.AsSpan(start, position - start).ContainsAnyExcept(' '))
            return null;
        var length = _markdown.AsSpan(position).IndexOfAny('\n', '\r');
        var end = length < 0 ? _markdown.Length : position + length;
        return (start, end, VisibleText.Of(HtmlComment().Replace(_markdown[position..end], "")).Trim());
    }

    private static bool IsTable(string markdown, Block block)
    {
        var end = Math.Min(block.Span.End + 1, markdown.Length);
        return block.Span.Start >= 0 && block.Span.Start < end
            && markdown[block.Span.Start..end].Split('\n').Any(line => line.Contains('|', StringComparison.Ordinal) && TableRule().IsMatch(line));
    }

    [GeneratedRegex(@"<!--.*?(-->|$)", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HtmlComment();

    [GeneratedRegex(@"<!--|<(blockquote|q)[\s>]", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Quotation();

    [GeneratedRegex(@"<(code|kbd|samp|tt|pre|q|del|s|strike)(\s[^<>]*)?>[^<]*</", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex VerbatimElement();

    // The row of dashes below a table's head. Only these characters, so there is nothing to backtrack into.
    [GeneratedRegex(@"^[ \t|:\-\r]*-[ \t|:\-\r]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TableRule();
}

/// <summary>One line of a comment that is the writer's ordinary text.</summary>
/// <param name="Text">The line as a reader sees it, without indentation.</param>
/// <param name="StartsPlain">False when it begins inside emphasis, a link, code or the like: no command starts there.</param>
/// <param name="Start">Where it begins in the source.</param>
/// <param name="End">Where it ends there, before the line break.</param>
internal sealed record OrdinaryLine(string Text, bool StartsPlain, int Start, int End);

/// <summary>
/// Follows HTML elements whose content is quoted, code, struck out or folded away: Markdown continues inside them after a blank
/// line, and a command there is not the writer's own ordinary text. An element left open keeps the rest of the comment inert.
/// </summary>
internal sealed partial class HtmlWrappers
{
    private readonly Dictionary<string, int> _open = new(StringComparer.OrdinalIgnoreCase);

    public bool IsOpen => _open.Values.Any(depth => depth > 0);

    /// <summary>Inside of somebody else's words.</summary>
    public bool IsQuoting => _open.GetValueOrDefault("blockquote") > 0 || _open.GetValueOrDefault("q") > 0;

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
