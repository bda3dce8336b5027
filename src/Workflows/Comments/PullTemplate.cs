using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Puts what a pull request says into the repository's own template for it: below each heading that asks for one of our sections goes that section. All
/// else stays as it is and is a person's to fill: other sections, hidden instructions, boxes that nobody has ticked.
/// </summary>
internal static partial class PullTemplate
{
    /// <summary>A longer one is no template.</summary>
    public const int MostChars = 20_000;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    /// <summary>The template with the sections in it, and which of them found no place; null where it is no template.</summary>
    /// <param name="template">The file, as the base branch has it.</param>
    /// <param name="sections">Our sections, as Markdown without their headings.</param>
    public static (string Text, IReadOnlyCollection<PullSection> Left)? Fill(string template, IReadOnlyDictionary<PullSection, string> sections)
    {
        if (template.Length > MostChars || string.IsNullOrWhiteSpace(template))
            return null;
        var source = template.TrimStart('\uFEFF').ReplaceLineEndings("\n");
        MarkdownDocument document;
        try
        {
            document = Markdig.Markdown.Parse(source, Pipeline);
        }
        catch (ArgumentException)
        {
            // Absurd nesting.
            return null;
        }

        var left = sections.Where(s => s.Value.Length > 0).Select(s => s.Key).ToList();
        var (text, at, isOurs) = (new StringBuilder(), 0, false);
        foreach (var block in document)
        {
            // The space between two blocks, and what parses to nothing, such as the target of a link.
            text.Append(source, at, block.Span.Start - at);
            at = Math.Min(block.Span.End + 1, source.Length);
            var asWritten = source[block.Span.Start..at];
            if (HeadingOf(block) is { } heading)
            {
                var placed = SectionsOf(heading).Where(left.Contains).ToList();
                isOurs = placed.Count > 0;
                text.Append(asWritten);
                foreach (var section in placed)
                    text.Append("\n\n").Append(sections[section].Trim());
                // Else what follows could go on with a quote of ours.
                if (isOurs)
                    text.Append("\n\n");
                left.RemoveAll(placed.Contains);
            }
            else if (block is ParagraphBlock && ((isOurs && !asWritten.StartsWith('|')) || Closing().IsMatch(asWritten)))
            {
                // "Please describe …" (a table is none), and "Fixes #", which ours says first of all.
            }
            else
            {
                text.Append(asWritten);
            }
        }

        text.Append(source, at, source.Length - at);
        var filled = Gaps().Replace(QuickActions().Replace(text.ToString(), ""), "\n\n").Trim();
        return filled.Length == 0 ? null : (filled, left);
    }

    // Some write their headings as lines in bold.
    private static string? HeadingOf(Block block) => block switch
    {
        HeadingBlock heading => TextOf(heading.Inline),
        ParagraphBlock { Inline: { FirstChild: EmphasisInline { DelimiterCount: 2 } bold } line } when bold.NextSibling is null or LiteralInline { Content.Length: <= 1 } => TextOf(line),
        _ => null,
    };

    private static string TextOf(ContainerInline? inline) => string.Concat((inline?.Descendants() ?? []).Select(i => i switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        _ => "",
    }));

    /// <summary>What a heading asks for; nothing where it asks for anything else, too.</summary>
    private static IEnumerable<PullSection> SectionsOf(string heading)
    {
        var parts = Between().Split(Emoji().Replace(heading.ToLowerInvariant(), " ")).Select(p => Word().Matches(p).Select(m => m.Value).Except(Empty).ToList()).Where(words => words.Count > 0)
            .Select(words => Headings.Where(h => words.Exists(h.Core.Contains) && words.TrueForAll(w => h.Core.Contains(w) || h.Beside.Contains(w))).Select(h => (PullSection?)h.Section).FirstOrDefault()).ToList();
        return parts.Contains(null) ? [] : parts.OfType<PullSection>().Distinct();
    }

    // Words that say nothing of what is asked for.
    private static readonly string[] Empty =
        [.. "this the these that a an your my our pr prs mr mrs pull merge request requests patch is was are were has have been be do does did to of for in we you i it s please short brief general".Split(' ')];

    // A heading asks for a section by one of its words, and other words than these beside it make it another heading ("Type of change").
    private static readonly (PullSection Section, string[] Core, string[] Beside)[] Headings =
    [
        (PullSection.What, "what description summary overview abstract change changes changed changing details solution implementation approach tldr".Split(' '), "proposed made introduced main key list add adds fix fixes implement implements new about".Split(' ')),
        (PullSection.Why, "why motivation context background rationale reason reasoning purpose goal problem justification".Split(' '), "needed need necessary required made change changes what solve solves solved statement".Split(' ')),
        (PullSection.HowToTest, "test tests tested testing verify verified verification validate validated validation qa".Split(' '), "how plan steps instructions manual manually strategy done performed evidence review change changes notes".Split(' ')),
        (PullSection.Rollback, "rollback revert backout".Split(' '), "how plan strategy steps procedure instructions change changes".Split(' ')),
        (PullSection.Risk, "risk risks".Split(' '), "potential possible known assessment analysis level impact side effects concerns".Split(' ')),
    ];

    [GeneratedRegex(":[a-z0-9_+-]+:", RegexOptions.NonBacktracking)]
    private static partial Regex Emoji();

    [GeneratedRegex(@"\p{L}[\p{L}\p{N}]*", RegexOptions.NonBacktracking)]
    private static partial Regex Word();

    [GeneratedRegex("[&/,+;|]| and | or ", RegexOptions.NonBacktracking)]
    private static partial Regex Between();

    // "Fixes #", "Closes #(issue)", "Resolves: <issue number>"
    [GeneratedRegex(@"\A\s*(fix(es)?|close[sd]?|resolve[sd]?|relates to|related to)\s*:?\s*#?\s*([(<\[{].{0,40}[)>\]}]|x+|n+|\d*|issue)?\s*\.?\s*\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Closing();

    // On GitLab these act where a description begins its life. What sorts and assigns may stay; what decides may not.
    [GeneratedRegex("^/(?!(label|labels|assign|assign_reviewer|reviewer|request_review|milestone|cc|iteration|epic|due|draft)\\b)[a-z_]+.*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex QuickActions();

    [GeneratedRegex("\n([ \t]*\n){2,}")]
    private static partial Regex Gaps();
}

/// <summary>Sections of a pull request's body that a template may have a place for.</summary>
internal enum PullSection
{
    /// <summary>What changed.</summary>
    What,

    /// <summary>Why.</summary>
    Why,

    /// <summary>How to test it.</summary>
    HowToTest,

    /// <summary>How to take it back.</summary>
    Rollback,

    /// <summary>What may go wrong.</summary>
    Risk,
}
