using System.Globalization;
using System.Text;
using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace CodingAgent.Mcp.Pages;

/// <summary>
/// What a reader sees of an HTML page, with Markdown's marks for headings, lists, code and links. Nothing of it runs or is fetched; what is
/// hidden from readers is hidden here.
/// </summary>
internal static class HtmlText
{
    // Each step of a walk would be one more on the stack; a page nested deeper is no page.
    private const int Deepest = 20_000;

    private static readonly HashSet<string> Unseen = new(StringComparer.OrdinalIgnoreCase)
    {
        "SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "MATH", "IFRAME", "OBJECT", "EMBED", "CANVAS", "AUDIO", "VIDEO", "HEAD", "NAV", "FORM", "BUTTON", "SELECT", "INPUT", "TEXTAREA", "DIALOG",
    };

    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "ADDRESS", "ARTICLE", "ASIDE", "BLOCKQUOTE", "DD", "DETAILS", "DIV", "DL", "DT", "FIGCAPTION", "FIGURE", "FOOTER", "H1", "H2", "H3", "H4", "H5", "H6", "HEADER", "HR", "LI", "MAIN", "OL", "P",
        "PRE", "SECTION", "SUMMARY", "TABLE", "TBODY", "THEAD", "TR", "UL",
    };

    /// <summary>The text.</summary>
    /// <param name="bytes">The page.</param>
    /// <param name="charset">What the server says it is written in; null leaves that to the page.</param>
    /// <param name="address">Where it is, for its links.</param>
    /// <param name="stop">Stops the parser and the walk: deep nesting costs the parser its square.</param>
    public static async Task<string> OfAsync(byte[] bytes, string? charset, Uri address, CancellationToken stop)
    {
        using var context = BrowsingContext.New(Configuration.Default);
        using var document = await context.GetService<IHtmlParser>()!.ParseDocumentAsync(Decoded(bytes, charset), stop);
        var text = new StringBuilder();
        if (document.Title is { Length: > 0 } title) text.Append("# ").Append(Spaced(title).Trim()).Append("\n\n");
        // The main part where a page names one; the rest is what is on every page.
        if (document.Body is { } body) Walk(MainOf(body, stop) ?? body, address, text, stop);
        return Tidy(text.ToString().TrimEnd());
    }

    private static string Decoded(byte[] bytes, string? charset)
    {
        try
        {
            var named = charset?.Trim('"') ?? Declared(bytes);
            return (named is null ? Encoding.UTF8 : Encoding.GetEncoding(named)).GetString(bytes);
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8.GetString(bytes);
        }
    }

    // <meta charset> lies within the first kilobyte (HTML, "determining the character encoding").
    private static string? Declared(byte[] bytes)
    {
        var head = Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 1024)));
        var at = head.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var name = new string([.. head[(at + 8)..].TrimStart('"', '\'').TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')]);
        return name.Length > 0 ? name : null;
    }

    private static IElement? MainOf(IElement body, CancellationToken stop)
    {
        var open = new Stack<IElement>([body]);
        while (open.TryPop(out var element))
        {
            stop.ThrowIfCancellationRequested();
            if (element.NodeName is "MAIN" or "ARTICLE" || element.GetAttribute("role") == "main") return element;
            var children = element.ChildNodes;
            for (var i = children.Length - 1; i >= 0; i--)
            {
                if (children[i] is IElement child) open.Push(child);
            }
        }

        return null;
    }

    private static void Walk(INode top, Uri address, StringBuilder text, CancellationToken stop)
    {
        // Without recursion: a page decides how deep it is.
        var open = new Stack<(INode Node, bool Leaves)>([(top, false)]);
        var (pre, depth, lists) = (0, 0, 0);
        while (open.TryPop(out var step))
        {
            stop.ThrowIfCancellationRequested();
            if (step.Node is not IElement element)
            {
                if (step.Node is IText words) text.Append(pre > 0 ? words.Data : Spaced(words.Data));
                continue;
            }

            if (step.Leaves)
            {
                depth--;
                if (element.NodeName == "PRE") pre--;
                if (element.NodeName is "UL" or "OL") lists--;
                Leave(element, address, pre, text);
                continue;
            }

            if (IsUnseen(element)) continue;
            if (++depth > Deepest) throw new InvalidDataException("The page is nested too deeply.");
            if (element.NodeName == "PRE") pre++;
            if (element.NodeName is "UL" or "OL") lists++;
            Enter(element, pre, lists, text);
            open.Push((element, true));
            // By number: what comes before a node is looked for from the first one each time.
            var children = element.ChildNodes;
            for (var i = children.Length - 1; i >= 0; i--) open.Push((children[i], false));
        }
    }

    private static void Enter(IElement element, int pre, int lists, StringBuilder text)
    {
        if (Blocks.Contains(element.NodeName)) Break(text);
        switch (element.NodeName)
        {
            case "BR":
                text.Append('\n');
                break;
            case "PRE" when pre == 1:
                text.Append("\n```\n");
                break;
            case "CODE" when pre == 0:
                text.Append('`');
                break;
            case "LI":
                text.Append(' ', 2 * Math.Clamp(lists - 1, 0, 8)).Append("- ");
                break;
            case "TD" or "TH":
                text.Append("| ");
                break;
            case ['H', >= '1' and <= '6']:
                text.Append('\n').Append('#', element.NodeName[1] - '0').Append(' ');
                break;
            case "A":
                text.Append('[');
                break;
        }
    }

    private static void Leave(IElement element, Uri address, int pre, StringBuilder text)
    {
        switch (element.NodeName)
        {
            case "PRE" when pre == 0:
                text.Append("\n```\n");
                break;
            case "CODE" when pre == 0:
                text.Append('`');
                break;
            case "TD" or "TH":
                text.Append(' ');
                break;
            case "A":
                text.Append(']');
                // Where one can go on from here; places within the page and other schemes are left out.
                if (element.GetAttribute("href") is { Length: > 0 and <= 300 } href && href[0] != '#' && Uri.TryCreate(address, href, out var to) && to.Scheme == Uri.UriSchemeHttps)
                    text.Append(CultureInfo.InvariantCulture, $"({to.GetLeftPart(UriPartial.Query)})");
                break;
        }

        if (Blocks.Contains(element.NodeName)) Break(text);
    }

    private static bool IsUnseen(IElement element) =>
        Unseen.Contains(element.NodeName) || element.HasAttribute("hidden") || element.GetAttribute("aria-hidden") == "true"
        || (element.GetAttribute("style") is { } style && Bare(style) is var bare && (bare.Contains("display:none", StringComparison.OrdinalIgnoreCase) || bare.Contains("visibility:hidden", StringComparison.OrdinalIgnoreCase) || bare.Contains("font-size:0", StringComparison.OrdinalIgnoreCase)));

    private static string Bare(string style) => string.Concat(style.Where(c => !char.IsWhiteSpace(c)));

    private static void Break(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] != '\n') text.Append('\n');
    }

    private static string Spaced(string words)
    {
        var spaced = new StringBuilder(words.Length);
        foreach (var c in words)
        {
            if (c is not (' ' or '\t' or '\n' or '\r' or '\f')) spaced.Append(c);
            else if (spaced.Length == 0 || spaced[^1] != ' ') spaced.Append(' ');
        }

        return spaced.ToString();
    }

    /// <summary>No blanks at ends of lines, and one empty line at most.</summary>
    private static string Tidy(string text)
    {
        var tidy = new StringBuilder(text.Length);
        var empty = 2;
        foreach (var line in text.Split('\n'))
        {
            var kept = line.TrimEnd();
            empty = kept.Length == 0 ? empty + 1 : 0;
            if (empty < 2) tidy.Append(kept).Append('\n');
        }

        return tidy.ToString();
    }
}
