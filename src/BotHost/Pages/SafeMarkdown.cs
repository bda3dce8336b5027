using AngleSharp.Dom;
using Ganss.Xss;
using Markdig;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages;

/// <summary>
/// Markdown of models and forges as what a browser may show: no markup of its own, no pictures of others, no address but of the web. What the
/// writer makes goes through a second sieve, so that a mistake of either is none of the page's.
/// </summary>
internal static class SafeMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().UseAutoLinks().DisableHtml().Build();

    private static readonly HtmlSanitizer Sieve = NewSieve();

    /// <summary>Renders it.</summary>
    /// <param name="text">The text: outside text.</param>
    public static MarkupString Render(string text) => new(Sieve.Sanitize(Markdown.ToHtml(WithoutComments(text), Pipeline)));

    // Markers of ours, and what forges do not show either.
    private static string WithoutComments(string text)
    {
        var from = 0;
        while ((from = text.IndexOf("<!--", from, StringComparison.Ordinal)) >= 0)
            text = text.IndexOf("-->", from, StringComparison.Ordinal) is > 0 and var to ? text.Remove(from, to + 3 - from) : text[..from];
        return text;
    }

    private static HtmlSanitizer NewSieve()
    {
        var sieve = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "del", "a", "table", "thead", "tbody", "tr", "th", "td", "input"], StringComparer.OrdinalIgnoreCase),
            AllowedAttributes = new HashSet<string>(["href", "type", "checked", "disabled"], StringComparer.OrdinalIgnoreCase),
            AllowedSchemes = new HashSet<string>(["https", "http"], StringComparer.OrdinalIgnoreCase),
            UriAttributes = new HashSet<string>(["href"], StringComparer.OrdinalIgnoreCase),
        });
        sieve.PostProcessNode += (_, e) =>
        {
            if (e.Node is IElement { LocalName: "a" } link)
                link.SetAttribute("rel", "noreferrer nofollow");
            // A box nobody can tick is a sign, and read out as one.
            else if (e.Node is IElement { LocalName: "input" } box)
                e.ReplacementNodes.Add(e.Document.CreateTextNode(box.HasAttribute("checked") ? "☑" : "☐"));
        };
        return sieve;
    }
}
