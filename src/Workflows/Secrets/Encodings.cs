using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CodingAgent.Workflows.Secrets;

/// <summary>What stands in a text under another coat: escapes of JSON and addresses, base64, hex. One coat is taken off, not two.</summary>
internal static class Encodings
{
    private const int LeastBase64 = 24;
    private const int LeastHex = 32;
    private const int Tried = 4_096;

    private static readonly (char Sign, Func<string, int, (char, int)> Escape)[] Escapes = [('\\', Backslash), ('%', Percent)];
    private static readonly SearchValues<char> HexSigns = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> Base64Signs = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");

    /// <summary>A text below a text.</summary>
    /// <param name="Text">It.</param>
    /// <param name="From">Where it stands in the other.</param>
    /// <param name="To">Where it ends there.</param>
    /// <param name="Places">Where each of its characters stands; null when a find inside is the whole of it.</param>
    internal readonly record struct Layer(string Text, int From, int To, int[]? Places);

    /// <summary>All that can be read below a text.</summary>
    public static IEnumerable<Layer> Below(string text) => Unescaped(text).Concat(Runs(text));

    private static IEnumerable<Layer> Unescaped(string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var to = text.IndexOf('\n', from) is >= 0 and var end ? end : text.Length;
            foreach (var (sign, escape) in Escapes)
            {
                if (text.AsSpan(from, to - from).Contains(sign) && Decoded(text, from, to, sign, escape) is { } layer)
                    yield return layer;
            }

            from = to + 1;
        }
    }

    private static Layer? Decoded(string text, int from, int to, char sign, Func<string, int, (char, int)> escape)
    {
        var decoded = new StringBuilder(to - from);
        var places = new List<int>(to - from);
        for (var at = from; at < to;)
        {
            var (c, length) = text[at] == sign ? escape(text, at) : (text[at], 1);
            decoded.Append(c);
            places.Add(at);
            at += length;
        }

        places.Add(to);
        return decoded.Length < to - from ? new Layer(decoded.ToString(), from, to, [.. places]) : null;
    }

    private static (char, int) Backslash(string text, int at)
    {
        if (at + 1 >= text.Length)
            return ('\\', 1);
        return text[at + 1] switch
        {
            'n' => ('\n', 2),
            'r' => ('\r', 2),
            't' => ('\t', 2),
            '"' or '\'' or '/' or '\\' or '`' => (text[at + 1], 2),
            'u' when at + 6 <= text.Length && int.TryParse(text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => ((char)code, 6),
            'x' when at + 4 <= text.Length && int.TryParse(text.AsSpan(at + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => ((char)code, 4),
            _ => ('\\', 1),
        };
    }

    private static (char, int) Percent(string text, int at) =>
        at + 3 <= text.Length && int.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) ? ((char)code, 3) : ('%', 1);

    private static IEnumerable<Layer> Runs(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var from = text.AsSpan(at).IndexOfAny(Base64Signs);
            if (from < 0)
                yield break;
            from += at;
            var length = text.AsSpan(from).IndexOfAnyExcept(Base64Signs);
            var to = length < 0 ? text.Length : from + length;
            at = to;
            if (to - from < LeastBase64)
                continue;
            if (to - from >= LeastHex && Hex(text, from, to) is { } hex)
                yield return new Layer(hex, from, to, null);
            // What stands before it may be of the same signs: a path, a name and a slash.
            for (var skipped = 0; skipped < (to - from < Tried ? 4 : 1) && to - from - skipped >= LeastBase64; skipped++)
            {
                if (FromBase64(text, from + skipped, to) is { } decoded)
                    yield return new Layer(decoded, from, to, null);
            }
        }
    }

    private static string? Hex(string text, int from, int to)
    {
        if (text.AsSpan(from, to - from).IndexOfAnyExcept(HexSigns) >= 0)
            return null;
        var bytes = Convert.FromHexString(text.AsSpan(from, (to - from) & ~1));
        return IsText(bytes) ? Encoding.Latin1.GetString(bytes) : null;
    }

    private static string? FromBase64(string text, int from, int to)
    {
        // Most of what looks so is a name or binary: the first bytes tell.
        if (!IsText(Bytes(text, from, from + LeastBase64)))
            return null;
        var bytes = Bytes(text, from, to);
        return IsText(bytes) ? Encoding.Latin1.GetString(bytes) : null;
    }

    private static byte[] Bytes(string text, int from, int to)
    {
        var chars = text[from..(from + ((to - from) is var n && n % 4 == 1 ? n - 1 : n))].Replace('+', '-').Replace('/', '_');
        return Base64Url.IsValid(chars) ? Base64Url.DecodeFromChars(chars) : [];
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        var odd = 0;
        foreach (var b in bytes)
        {
            if (b is not ((>= 0x20 and < 0x7F) or (byte)'\n' or (byte)'\r' or (byte)'\t'))
                odd++;
        }

        return bytes.Length > 0 && odd * 20 <= bytes.Length;
    }
}
