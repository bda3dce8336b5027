using System.Buffers;

namespace CodingAgent.Workflows.Secrets;

/// <summary>Tells what a machine drew at random from what people name, measure and fill in later.</summary>
internal static class Randomness
{
    // Shannon bits per character: English and identifiers stay below about 3.5, base64 of this length lies above; 16 signs cannot have more than 4.
    private const double MinEntropy = 3.5;
    private const double MinHexEntropy = 3;

    // Of Azure's storage emulator, the same everywhere: https://learn.microsoft.com/azure/storage/common/storage-use-azurite. Its beginning, so that no key stands here.
    private const string PublishedEmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlm";

    // "1234567890" as the subject of the JSON web token in every second manual.
    private const string PublishedTokenPayload = "IxMjM0NTY3ODkw";

    // A JSON web token whose payload is {} says nothing.
    private const string WithoutClaims = ".e30.";

    // Of the examples of RFC 5849's forerunner (OAuth Core 1.0), in the tests of every library.
    private const string PublishedOAuthToken = "nnch734d00sl2jdk";

    private static readonly SearchValues<string> Fillers = SearchValues.Create(
        [
            "example", "xxxxx", "*****", ".....", "_here", "-here", "placeholder", "redacted", "changeme", "change-me", "change_me",
            PublishedEmulatorKey, PublishedTokenPayload, WithoutClaims, PublishedOAuthToken,
        ],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> References = SearchValues.Create(
        ["${", "{{", "urn:", "uuid:", "$(", "<%", "%(", "#{", "process.env", "environ", "secrets.", "getenv", "://", "your", "my-", "my_", "insert", "replace", "todo", "dummy", "sample", "fake", "12345678", "...", "…"],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> OfCalls = SearchValues.Create("()[]{}<>");
    private static readonly SearchValues<char> OfNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789:.");

    // The pairs of letters that are usual inside words of English and of programs: nine of ten there, one of three where letters are drawn at random.
    private static readonly bool[] Usual = Pairs(
        "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur "
            + "ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh "
            + "ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa "
            + "ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys "
            + "ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok my gl aw ju oa eq sy sl ps nv nk kn gs dy hy ze "
            + "ks xt sk xi ws wr eb xa xc yp ym sw cs ix xe db dm");

    /// <summary>Filled in by a person: "example", a row of x, hardly a different letter.</summary>
    public static bool IsPlaceholder(string value) => value.AsSpan().IndexOfAny(Fillers) >= 0 || HasFew(value, 6);

    /// <summary>A name of something that is filled in later, or of where it comes from.</summary>
    public static bool IsReference(string value) =>
        IsPlaceholder(value) || value.AsSpan().IndexOfAny(References) >= 0 || value[0] is '<' or '/' or '~' or '.' or '{'
        || (value[0] is '$' or '%' or '&' && value.AsSpan(1).TrimEnd('%').IndexOfAnyExcept(OfNames) < 0);

    /// <summary>Drawn at random, as far as can be told of so few characters: a key, no name, no path and no UUID.</summary>
    public static bool IsRandom(string value)
    {
        if (value.Length < 16 || IsUuid(value))
            return false;
        if (value.All(char.IsAsciiHexDigit))
            return value.Length >= 30 && value.Any(char.IsAsciiDigit) && value.Any(char.IsAsciiLetter) && Entropy(value) >= MinHexEntropy;
        return (value.Any(char.IsAsciiDigit) || (value.Length >= 24 && value.Any(char.IsAsciiLetterLower) && value.Any(char.IsAsciiLetterUpper)))
            && Entropy(value) >= Math.Min(MinEntropy, Math.Log2(value.Length) - 0.7) && Changes(value) >= 0.2 && !IsWords(value);
    }

    /// <summary>As one who must choose a strong password writes it: three kinds of characters, mixed, and no words.</summary>
    public static bool IsPassword(string value) =>
        value.Length >= 10 && Kinds(value) >= 3 && !HasFew(value, 8) && Changes(value) >= 0.25 && !IsWords(value);

    /// <summary>A password by its looks alone, where its name says so: three kinds of characters that change at every second letter.</summary>
    public static bool IsShortPassword(string value) =>
        value.Length is >= 8 and <= 40 && Kinds(value) >= 3 && !HasFew(value, 7) && Changes(value) >= 0.45 && !IsWords(value) && value.AsSpan().IndexOfAny(OfCalls) < 0;

    /// <summary>Words, by the letters that follow each other.</summary>
    public static bool IsWords(string value)
    {
        var (pairs, usual) = (0, 0);
        for (var i = 1; i < value.Length; i++)
        {
            var (a, b) = (value[i - 1], value[i]);
            if (!char.IsAsciiLetter(a) || !char.IsAsciiLetter(b) || (char.IsAsciiLetterLower(a) && char.IsAsciiLetterUpper(b)))
                continue;
            pairs++;
            if (Usual[Pair(a, b)])
                usual++;
        }

        // The fewer there are, the more of them may be so by chance.
        return pairs >= 4 && usual >= pairs - (pairs * (pairs < 12 ? 2 : 3) / 10);
    }

    private static bool[] Pairs(string pairs)
    {
        var known = new bool[26 * 26];
        foreach (var pair in pairs.Split(' '))
            known[Pair(pair[0], pair[1])] = true;
        return known;
    }

    private static int Pair(char a, char b) => (((a | 0x20) - 'a') * 26) + (b | 0x20) - 'a';

    /// <summary>How often the kind of character changes, a part of one; humps of camels and dashes are not counted.</summary>
    public static double Changes(string value)
    {
        var (changes, last) = (0, '\0');
        foreach (var c in value)
        {
            if (c is '-' or '_' or '.' or '/' or ':')
                continue;
            if (last != '\0' && Kind(c) != Kind(last) && !(char.IsAsciiLetterUpper(last) && char.IsAsciiLetterLower(c)))
                changes++;
            last = c;
        }

        return changes / (double)(value.Length - 1);
    }

    private static int Kinds(string value)
    {
        var kinds = 0;
        foreach (var c in value)
            kinds |= 1 << Kind(c);
        return System.Numerics.BitOperations.PopCount((uint)kinds);
    }

    private static bool HasFew(string value, int least)
    {
        Span<char> seen = stackalloc char[least];
        var count = 0;
        foreach (var c in value)
        {
            if (seen[..count].Contains(c))
                continue;
            seen[count++] = c;
            if (count == least)
                return false;
        }

        return true;
    }

    private static int Kind(char c) => char.IsAsciiLetterLower(c) ? 0 : char.IsAsciiLetterUpper(c) ? 1 : char.IsAsciiDigit(c) ? 2 : 3;

    private static double Entropy(string value)
    {
        Span<int> counts = stackalloc int[128];
        counts.Clear();
        foreach (var c in value)
            counts[Math.Min(c, (char)127)]++;
        var entropy = 0.0;
        foreach (var n in counts)
            entropy -= n == 0 ? 0 : (double)n / value.Length * Math.Log2((double)n / value.Length);
        return entropy;
    }

    private static bool IsUuid(string value) => value.Length is 36 or 38 && Guid.TryParse(value, out _);
}
