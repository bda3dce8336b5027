using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Playground.Demo;

/// <summary>A comment as people read it on the forge's page, in lines for a terminal: its words without the marks that make them bold or a table.</summary>
internal static class ReadComment
{
    private const string BetweenCells = "   ";

    private static readonly MarkdownPipeline Dialect = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().Build();

    /// <summary>Its first lines that hold something.</summary>
    /// <param name="markdown">As its author wrote it.</param>
    /// <param name="most">How many at most.</param>
    public static string Head(string markdown, int most) =>
        string.Join('\n', Markdown.Parse(markdown, Dialect).SelectMany(block => Lines(block, "")).Where(line => line.Trim().Length > 0).Take(most));

    private static IEnumerable<string> Lines(Block block, string begin) => block switch
    {
        Table table => table.OfType<TableRow>().Select(row => begin + string.Join(BetweenCells, row.OfType<TableCell>().Select(cell => string.Join(' ', cell.SelectMany(b => Lines(b, "")))))),
        ListItemBlock item => item.SelectMany((part, i) => Lines(part, begin + (i == 0 ? IsTask(part) ? "" : "- " : "  "))),
        QuoteBlock quote => quote.SelectMany(part => Lines(part, begin + "> ")),
        ContainerBlock container => container.SelectMany(part => Lines(part, begin)),
        LeafBlock { Inline: { } inline } => Words(inline).Split('\n').Select(line => begin + line),
        CodeBlock code => code.Lines.ToString().Split('\n').Select(line => begin + line),
        // HTML: what hides, and what unfolds.
        _ => [],
    };

    private static bool IsTask(Block block) => block is ParagraphBlock { Inline.FirstChild: TaskList };

    private static string Words(ContainerInline inline)
    {
        var text = new StringBuilder();
        foreach (var part in inline)
        {
            text.Append(part switch
            {
                TaskList task => task.Checked ? "✓" : "·",
                LiteralInline literal => literal.Content.ToString(),
                CodeInline code => code.Content,
                HtmlEntityInline entity => entity.Transcoded.ToString(),
                LineBreakInline => "\n",
                AutolinkInline link => link.Url,
                LinkInline { Url: { Length: > 0 } url } link when Words(link) is var words => words == url ? url : $"{words} ({url})",
                ContainerInline container => Words(container),
                _ => "",
            });
        }

        return text.ToString();
    }
}
