using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Files;

/// <summary>The encoding that a file says it is in, and encodings by the names that files use.</summary>
internal static partial class DeclaredEncoding
{
    private const int Head = 1024;

    /// <summary>
    /// The name in a file's head: the comment of PEP 263 (Python; Ruby and Emacs write it alike) in the first two lines, an XML
    /// declaration, HTML's meta element, CSS's @charset. Null when there is none.
    /// </summary>
    public static string? In(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, Head)]);
        foreach (var pattern in new[] { Comment(), Xml(), Css(), Meta() })
        {
            if (pattern.Match(head) is { Success: true } match) return match.Groups["name"].Value;
        }

        return null;
    }

    /// <summary>An encoding in which ASCII is ASCII, by one of its names; null when there is none.</summary>
    public static Encoding? ByName(string name)
    {
        var plain = Suffix().Replace(name.ToLowerInvariant().Replace('_', '-'), "");
        try
        {
            var encoding = plain switch
            {
                "iso-8859-1" or "latin-1" or "latin1" or "l1" or "iso8859-1" or "iso-latin-1" or "8859-1" => Encoding.Latin1,
                "latin-9" or "latin9" or "iso8859-15" => Find(28605),
                // What is labelled GB 2312 or Shift JIS is in fact written in its superset, as browsers take it (WHATWG Encoding).
                "gbk" or "gb2312" or "euc-cn" or "cp936" or "ms936" => Find(936),
                "sjis" or "s-jis" or "shift-jis" or "shiftjis" or "cp932" or "ms932" or "windows-31j" => Find(932),
                "eucjp" or "euc-jp" or "ujis" => Find(51932),
                "euckr" or "euc-kr" or "cp949" or "uhc" or "ms949" => Find(949),
                "big5" or "cp950" or "big-5" => Find(950),
                "utf8" or "utf-8" => Encoding.UTF8,
                "ascii" or "us-ascii" => null,
                "mac-roman" or "macroman" or "macintosh" => Find(10000),
                _ when CodePage().Match(plain) is { Success: true } page => Find(int.Parse(page.Groups["page"].ValueSpan, CultureInfo.InvariantCulture)),
                _ => CodePagesEncodingProvider.Instance.GetEncoding(plain.StartsWith("iso8859", StringComparison.Ordinal) ? $"iso-{plain[3..]}" : plain),
            };
            // A declaration that could be read as ASCII does not declare UTF-16 or EBCDIC; UTF-7 has more than one form of one text.
            return encoding is null || encoding.CodePage == 65000 || encoding.GetString("\n #Az09:="u8) != "\n #Az09:=" ? null : encoding;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static Encoding? Find(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage);

    [GeneratedRegex(@"\A(?:[^\r\n]*(?:\r\n|\r|\n))?[ \t\f]*(?:#|//|/\*|--|;|%|<!--|"")[^\r\n]*?coding[:=][ \t]*(?<name>[-\w.]+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\A\s*<\?xml[^>]*?encoding\s*=\s*[""'](?<name>[-\w.]+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Xml();

    [GeneratedRegex(@"\A@charset ""(?<name>[-\w.]+)"";", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Css();

    [GeneratedRegex(@"<meta\s[^>]*?charset\s*=\s*[""']?(?<name>[-\w.]+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Meta();

    /// <summary>Emacs adds the line end's kind.</summary>
    [GeneratedRegex("-(?:unix|dos|mac)$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"^(?:cp|windows|ibm)-?(?<page>\d{3,5})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex CodePage();
}
