using System.Buffers;
using System.Text;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// UTF-8 with bytes among it that are not: each such byte becomes a lone surrogate U+DC80 to U+DCFF, which no valid text contains, and is
/// the byte again when written (the way of Python's PEP 383).
/// </summary>
internal static class StrayBytes
{
    /// <summary>Control characters that text files do not have; tab, line breaks, form feed, backspace and escape are found in them.</summary>
    public static SearchValues<byte> NotInText { get; } =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7f).Where(b => b is not (0x08 or 0x09 or 0x0a or 0x0b or 0x0c or 0x0d or 0x1a or 0x1b)).Select(b => (byte)b)]);

    /// <summary>True when no fewer characters beyond ASCII are UTF-8 than bytes are not: text in another encoding is UTF-8 by chance at most here and there.</summary>
    public static bool IsMostlyUtf8(ReadOnlySpan<byte> bytes)
    {
        var (good, bad) = (0, 0);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done) good += rune.IsAscii ? 0 : 1;
            else (bad, length) = (bad + 1, 1);
            bytes = bytes[length..];
        }

        return good > 0 && good >= bad;
    }

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append((char)(0xdc00 + bytes[0]));
                length = 1;
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <exception cref="EncoderFallbackException">Another lone surrogate.</exception>
    public static byte[] Encode(string text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
                i += rune.Utf16SequenceLength;
                continue;
            }

            if (!IsStray(text[i])) throw new EncoderFallbackException("A lone surrogate.");
            bytes.Write([(byte)(text[i] - 0xdc00)]);
            i++;
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The text with U+FFFD for each lone surrogate.</summary>
    public static string Shown(string text)
    {
        var at = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff');
        if (at < 0) return text;
        return string.Create(text.Length, text, static (span, source) =>
        {
            source.CopyTo(span);
            for (var i = 0; i < span.Length; i++)
            {
                if (!char.IsSurrogate(span[i])) continue;
                if (i + 1 < span.Length && char.IsSurrogatePair(span[i], span[i + 1])) i++;
                else span[i] = '\uFFFD';
            }
        });
    }

    private static bool IsStray(char c) => c is >= '\udc80' and <= '\udcff';
}
