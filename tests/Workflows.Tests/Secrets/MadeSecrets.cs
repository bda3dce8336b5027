using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>
/// Secrets that are nobody's: shaped as issuers document theirs, made at test time from a template and a fixed seed, so that no token stands in
/// this repository. <c>{A36}</c> is 36 letters and digits, and so on (<see cref="Signs"/>); <c>{uuid}</c> a UUID; <c>{crc A30}</c> the checksum that
/// GitHub and npm put behind 30 such characters, <c>{}</c> nothing at all. A form before a line (<c>base64!</c>) encodes what is made.
/// </summary>
internal static partial class MadeSecrets
{
    private const string Lower = "abcdefghijklmnopqrstuvwxyz", Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Digits = "0123456789";

    private static readonly Dictionary<char, string> Signs = new()
    {
        ['A'] = Upper + Lower + Digits,
        ['a'] = Lower + Digits,
        ['h'] = Digits + "abcdef",
        ['H'] = Digits + "ABCDEF",
        ['U'] = Upper + Digits,
        ['B'] = Upper + "234567",
        ['w'] = Upper + Lower + Digits + "_-",
        ['b'] = Upper + Lower + Digits + "+/",
        ['d'] = Digits,
        ['l'] = Lower,
        ['L'] = Upper + Lower,
        ['p'] = Upper + Lower + Digits + "!@#$%^*_-+?",
    };

    /// <summary>What a template and a seed make.</summary>
    public static string Make(string template, int seed)
    {
        var random = new Random(seed);
        var (form, rest) = template.IndexOf('!', StringComparison.Ordinal) is > 0 and < 9 and var at && Forms.Contains(template[..at]) ? (template[..at], template[(at + 1)..]) : ("", template);
        var made = Place().Replace(rest.Replace("\\n", "\n", StringComparison.Ordinal), m => One(m, random));
        return Encode(form, made);
    }

    private static readonly string[] Forms = ["base64", "base64url", "hex", "url", "json"];

    private static string Encode(string form, string text) => form switch
    {
        "base64" => $"data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}",
        "base64url" => $"data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).Replace('+', '-').Replace('/', '_').TrimEnd('=')}",
        "hex" => $"data: {Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}",
        "url" => $"https://host.test/?next={Uri.EscapeDataString(text)}&x=1",
        "json" => $"{{\"text\":\"a\\n{string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? c.ToString() : $"\\u{(int)c:x4}"))}\"}}",
        _ => text,
    };

    private static string One(Match place, Random random)
    {
        if (place.Length == 2)
            return "";
        if (place.Value == "{uuid}")
            return $"{Of('h', 8, random)}-{Of('h', 4, random)}-4{Of('h', 3, random)}-a{Of('h', 3, random)}-{Of('h', 12, random)}";
        var made = Of(place.Groups["kind"].Value[0], int.Parse(place.Groups["count"].Value, CultureInfo.InvariantCulture), random);
        return place.Groups["crc"].Success ? made + Checksum(made) : made;
    }

    // Of what has letters and digits both are there, as in nearly all that is random.
    private static string Of(char kind, int count, Random random)
    {
        while (true)
        {
            var made = new string([.. Enumerable.Range(0, count).Select(_ => Signs[kind][random.Next(Signs[kind].Length)])]);
            if (count < 12 || kind is 'd' or 'l' or 'L' || (made.Any(char.IsAsciiDigit) && made.Any(char.IsAsciiLetter) && (kind is not ('A' or 'w' or 'b' or 'p') || (made.Any(char.IsAsciiLetterUpper) && made.Any(char.IsAsciiLetterLower)))))
                return made;
        }
    }

    // CRC-32 in base 62, six digits: what GitHub and npm end a token with.
    private static string Checksum(string text)
    {
        var crc = uint.MaxValue;
        foreach (var b in Encoding.ASCII.GetBytes(text))
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        const string Base62 = Digits + Upper + Lower;
        crc = ~crc;
        var digits = new char[6];
        for (var i = 5; i >= 0; i--, crc /= 62)
            digits[i] = Base62[(int)(crc % 62)];
        return new string(digits);
    }

    [GeneratedRegex(@"\{(|uuid|(?<crc>crc )?(?<kind>[A-Za-z])(?<count>[0-9]+))\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
