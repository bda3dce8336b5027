using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Cohort;

/// <summary>
/// Makes outside text safe to show to a model: nothing in it stays invisible to people, and it cannot step out of its fence. It is
/// still untrusted: the prompts say that fenced text is data.
/// </summary>
public static partial class Untrusted
{
    private const int MaxChars = 24_000;

    /// <summary>
    /// Neutralises and fences a text. The fence's tag is made from the hash of source and content: the same text gives the same
    /// fence (a retry builds the same prompt), and no author can write text that contains its own hash.
    /// </summary>
    /// <param name="source">What it is and who wrote it; neutralised too.</param>
    /// <param name="text">The text.</param>
    public static string Fence(string source, string text)
    {
        var clean = Neutralise(text);
        var label = OneLine(source).Replace('"', '\'').Replace('<', '(').Replace('>', ')');
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{label}\n{clean}"));
        var tag = $"untrusted-{Convert.ToHexStringLower(hash)[..24]}";
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

    private static string Cut(string text)
    {
        if (text.Length <= MaxChars)
            return text;
        const int half = (MaxChars - 100) / 2;
        var (head, tail) = (half, text.Length - half);
        if (char.IsHighSurrogate(text[head - 1]))
            head--;
        if (char.IsLowSurrogate(text[tail]))
            tail++;
        return string.Create(CultureInfo.InvariantCulture, $"{text[..head]}\n[{tail - head} characters cut]\n{text[tail..]}");
    }

    private static bool IsHidden(Rune rune) => rune.Value switch
    {
        '\n' or '\t' => false,
        0xAD or 0x34F or 0x61C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or 0xFFFD => true,
        >= 0x180B and <= 0x180F => true,
        >= 0x200B and <= 0x200F => true,
        >= 0x2028 and <= 0x202E => true,
        >= 0x2060 and <= 0x206F => true,
        >= 0xFE00 and <= 0xFE0F => true,
        0xFEFF => true,
        >= 0xFFF0 and <= 0xFFFB => true,
        >= 0xE0000 and <= 0xE0FFF => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.PrivateUse,
    };

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex HtmlComment();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Space();
}
