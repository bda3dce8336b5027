using System.Text;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// The likely encoding of a file that is not UTF-8 and declares none. In Western text a byte above 0x7F stands alone between letters; in
/// East Asian text such bytes come in pairs, and each script has its own range of leading bytes. Null where neither fits: better unknown
/// than wrong.
/// </summary>
internal static class GuessedEncoding
{
    private const int FewestPairs = 3;

    public static Encoding? Of(ReadOnlySpan<byte> bytes)
    {
        var (runs, high, odd, longest, leads, lowTrails) = (0, 0, 0, 0, new int[256], 0);
        for (var i = 0; i < bytes.Length;)
        {
            if (bytes[i] < 0x80)
            {
                i++;
                continue;
            }

            var start = i;
            while (i < bytes.Length && bytes[i] >= 0x80) i++;
            var length = i - start;
            (runs, high, odd, longest) = (runs + 1, high + length, odd + length % 2, Math.Max(longest, length));
            for (var at = start; at < i; at += 2) leads[bytes[at]]++;
            for (var at = start + 1; at < i; at += 2) lowTrails += bytes[at] < 0xc0 ? 1 : 0;
        }

        var pairs = high / 2;
        if (ShiftJis(bytes) is { } shiftJis) return shiftJis;
        if (odd == 0 && pairs >= FewestPairs && high >= runs * 3 && lowTrails > 0 && leads.Take(0xa1).Sum() == 0 && OfPairs(leads, pairs) is { } page) return Find(page);
        // Accented letters stand alone, seldom two together, never in long runs; what does is another alphabet, and which one cannot be seen.
        if (longest > 3 || high > runs * 2) return null;
        return bytes.ContainsAnyInRange((byte)0x80, (byte)0x9f) ? Find(1252) : Encoding.Latin1;
    }

    /// <summary>
    /// Code page by leading bytes: kana (rows 4 and 5), Hangul (rows 16 to 40 and nothing beyond), or the frequent half of the Chinese
    /// characters (rows 16 to 55). Letters of an 8-bit alphabet lie elsewhere.
    /// </summary>
    private static int? OfPairs(int[] leads, int pairs)
    {
        if ((leads[0xa4] + leads[0xa5]) * 4 >= pairs) return 51932;
        if (leads.Skip(0xc9).Sum() == 0 && pairs >= 2 * FewestPairs) return 949;
        return (leads.Skip(0xb0).Take(0x28).Sum() + leads.Skip(0xa1).Take(3).Sum()) * 5 >= pairs * 3 ? 936 : null;
    }

    /// <summary>Shift JIS, whose second byte may be ASCII: it must decode, and kana must be a good part of it.</summary>
    private static Encoding? ShiftJis(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.ContainsAnyInRange((byte)0x81, (byte)0x84)) return null;
        var encoding = (Encoding)Find(932)!.Clone();
        encoding.DecoderFallback = DecoderFallback.ExceptionFallback;
        try
        {
            var text = encoding.GetString(bytes);
            var kana = text.Count(c => c is >= '\u3041' and <= '\u30ff');
            var wide = text.Count(c => c is >= '\u3000' and <= '\u9fff');
            var other = text.Count(c => c > '\u007f') - wide;
            return wide >= FewestPairs && kana * 5 >= wide && other * 5 <= wide ? encoding : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Encoding? Find(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage);
}
