using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Agents.Outside;

/// <summary>
/// Makes outside text safe to show to a model: nothing in it stays invisible to people, and it cannot step out of its fence. It is
/// still untrusted: the prompts say that fenced text is data.
/// </summary>
public static partial class Untrusted
{
    private const int MaxChars = 24_000;
    private const int MaxSource = 120;

    /// <summary>
    /// Neutralises and fences a text. The fence's tag is made from the hash of source and content: the same text gives the same
    /// fence (a retry builds the same prompt), and no author can write text that contains its own hash.
    /// </summary>
    /// <param name="source">What it is and who wrote it; neutralised too.</param>
    /// <param name="text">The text.</param>
    public static string Fence(string source, string text) => Between(source, Neutralise(text), 24);

    /// <summary>
    /// Fences what a tool returned. Unlike <see cref="Fence"/> it takes nothing away, because a file must be edited as it is: what is not seen is
    /// written out (<see cref="Invisible.Shown"/>), HTML comments stay what they are. The tag is shorter, for there are many of them; it is still
    /// beyond what anybody could find a text for.
    /// </summary>
    /// <param name="source">Tool, and what it was asked for; neutralised.</param>
    /// <param name="text">What it returned, cut to size.</param>
    public static string Output(string source, string text) => Between(TextCut.Head(source, MaxSource, "…"), Invisible.Shown(text), 16);

    /// <summary>The beginning of a fenced text, inside its fence; of any other text its beginning.</summary>
    /// <param name="fenced">The text.</param>
    /// <param name="most">Characters of it at most, the end of the fence not counted.</param>
    public static string Head(string fenced, int most)
    {
        ArgumentNullException.ThrowIfNull(fenced);
        var head = TextCut.Head(fenced, most);
        var tag = Opening().Match(fenced).Groups["tag"];
        return tag.Success && head.Length < fenced.Length ? $"{head}\n</{tag.Value}>" : head;
    }

    private static string Between(string source, string clean, int digits)
    {
        var label = OneLine(source).Replace('"', '\'').Replace('<', '(').Replace('>', ')');
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{label}\n{clean}"));
        var tag = $"untrusted-{Convert.ToHexStringLower(hash)[..digits]}";
        return $"<{tag} source=\"{label}\">\n{clean}\n</{tag}>";
    }

    /// <summary>
    /// Removes what a person does not see (zero-width, bidirectional and tag characters, controls), replaces HTML comments by a
    /// visible note and cuts the middle out of very long texts. Applying it twice changes nothing more.
    /// </summary>
    public static string Neutralise(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (!IsHidden(rune))
                visible.Append(rune.ToString());
        }
        var commented = HtmlComment().Replace(visible.ToString(), "[HTML comment removed]")
            .Replace("<!--", "[HTML comment opened]", StringComparison.Ordinal);
        return Cut(commented);
    }

    /// <summary>Neutralised text on one line, for titles and names.</summary>
    public static string OneLine(string? text) => Space().Replace(Neutralise(text), " ").Trim();

    private static string Cut(string text) => text.Length <= MaxChars
        ? text
        : TextCut.Ends(text, (MaxChars - 100) / 2, left => string.Create(CultureInfo.InvariantCulture, $"\n[{left} characters cut]\n"));

    private static bool IsHidden(Rune rune) =>
        rune == Rune.ReplacementChar || Invisible.Is(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.PrivateUse;

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex HtmlComment();

    [GeneratedRegex(@"\A<(?<tag>untrusted-[0-9a-f]+) ", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Opening();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Space();
}
