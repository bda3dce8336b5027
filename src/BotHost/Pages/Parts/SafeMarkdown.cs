using AngleSharp.Dom;
using Ganss.Xss;
using Markdig;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Parts;

/// <summary>Markdown of models and forges as what a browser may show: no markup but what forges allow, no pictures of others, no address but of the web.</summary>
internal static class SafeMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().UseAutoLinks().Build();

    private static readonly HtmlSanitizer Sieve = NewSieve();

    /// <summary>Renders it.</summary>
    /// <param name="text">The text: outside text.</param>
    public static MarkupString Render(string text) => new(Sieve.Sanitize(Markdown.ToHtml(text, Pipeline)));

    private static HtmlSanitizer NewSieve()
    {
        // What is not in these lists is taken out with all that is in it; so are comments, which hold our markers.
        var sieve = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(
                ["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "b", "em", "i", "del", "s", "ins", "sub", "sup", "kbd", "details", "summary", "a", "table", "thead", "tbody", "tr", "th", "td", "input"],
                StringComparer.OrdinalIgnoreCase),
            AllowedAttributes = new HashSet<string>(["href", "checked"], StringComparer.OrdinalIgnoreCase),
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
