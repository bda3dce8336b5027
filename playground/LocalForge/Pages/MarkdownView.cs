using System.Net;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace CodingAgent.Playground.LocalForge.Pages;

/// <summary>
/// Renders Markdown written by anyone. Raw HTML shows as text, except comments, which vanish as on GitHub, and a few tags without
/// attributes that comments use to fold long parts away. Links lead to http, https, mailto or within the site.
/// </summary>
internal static partial class MarkdownView
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().UseAutoLinks().UseEmphasisExtras().Build();

    public static Html Render(string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var link in document.Descendants<LinkInline>().Where(l => !IsHarmless(l.Url)))
            link.Url = "#";
        foreach (var link in document.Descendants<AutolinkInline>().Where(l => !l.IsEmail && !IsHarmless(l.Url)).ToList())
            link.ReplaceBy(new LiteralInline(link.Url));
        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.Replace<HtmlBlockRenderer>(new TamedBlocks());
        renderer.ObjectRenderers.Replace<Markdig.Renderers.Html.Inlines.HtmlInlineRenderer>(new TamedInlines());
        renderer.Render(document);
        return new Html(writer.ToString());
    }

    private static bool IsHarmless(string? url) =>
        url is { Length: > 0 } && (url[0] is '#' || (url[0] is '/' && !url.StartsWith("//", StringComparison.Ordinal))
        || (Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Scheme is "http" or "https" or "mailto" : !url.Contains(':', StringComparison.Ordinal)));

    private static string Tame(string html) => AllowedTag().Replace(WebUtility.HtmlEncode(Comment().Replace(html, "")), "<${tag}>");

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    [GeneratedRegex("&lt;(?<tag>/?(?:details|summary|sub|sup|kbd)|br ?/?)&gt;", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex AllowedTag();

    private sealed class TamedBlocks : HtmlObjectRenderer<HtmlBlock>
    {
        protected override void Write(HtmlRenderer renderer, HtmlBlock block) => renderer.Write(Tame(block.Lines.ToString())).WriteLine();
    }

    private sealed class TamedInlines : HtmlObjectRenderer<HtmlInline>
    {
        protected override void Write(HtmlRenderer renderer, HtmlInline inline) => renderer.Write(Tame(inline.Tag));
    }
}
