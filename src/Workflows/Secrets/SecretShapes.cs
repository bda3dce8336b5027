using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace CodingAgent.Workflows.Secrets;

/// <summary>
/// What looks like a credential: the one scanner of everything that leaves. It knows the published formats (<see cref="SecretFormats"/>), private
/// keys, and random values behind a name or in an address that says secret, also below one coat of base64, hex, JSON or URL encoding. Linear:
/// one pass looks for the words that every such thing holds, and only there more is tried, on a bounded piece of text.
/// </summary>
public static class SecretShapes
{
    /// <summary>What stands for a secret.</summary>
    public const string Masked = "***";

    /// <summary>Id of the rule for a private key.</summary>
    public const string PrivateKeyId = "private-key";

    /// <summary>Id of the rule for a random value that is assigned to a secret's name, or stands in an address as its password.</summary>
    public const string AssignedId = "assigned-value";

    private const int Least = 16;

    private static readonly Anchor[] Anchors =
    [
        .. SecretFormats.All.SelectMany(f => f.Anchors.Split(' ').Select(a => new Anchor(a, f.AnyCase, f.Id, f.Issuer.StartsWith("a ", StringComparison.Ordinal) ? $"looks like {f.Issuer}" : $"looks like a credential of {f.Issuer}", (text, at, _, masks) => f.At(text, at, masks)) { IsOnlyMasked = f.IsOnlyMasked })),
        .. PrivateKeys.Anchors.Split(' ').Select(a => new Anchor(a.Replace('|', ' '), false, PrivateKeyId, "looks like a private key", (text, at, _, _) => PrivateKeys.At(text, at))),
        // Last: what has a format is told by it.
        .. Assignments.Anchors.Split(' ').Select(a => new Anchor(a, true, AssignedId, "gives a random-looking value to a secret's name", (text, at, length, _) => Assignments.At(text, at, length))),
    ];

    private static readonly FrozenDictionary<int, Anchor[]> ByBeginning = Anchors.GroupBy(a => Beginning(a.Word, 0)).ToFrozenDictionary(g => g.Key, g => g.ToArray());
    private static readonly SearchValues<string> Words = SearchValues.Create([.. Anchors.Select(a => a.Word).Distinct(StringComparer.OrdinalIgnoreCase)], StringComparison.OrdinalIgnoreCase);

    /// <summary>Ids of all rules, as the policy's <c>secrets.allow</c> names them, each with what it finds.</summary>
    public static IReadOnlyList<(string Id, string Finds)> Rules { get; } =
        [.. SecretFormats.All.Where(f => !f.IsOnlyMasked).Select(f => (f.Id, f.Issuer)), (PrivateKeyId, "a private key"), (AssignedId, "a random value behind a secret's name or in an address")];

    /// <summary>All that looks like a credential, in order; what overlaps is one.</summary>
    public static IReadOnlyList<SecretFinding> Scan(string text) => Scan(text, masks: false);

    private static List<SecretFinding> Scan(string text, bool masks)
    {
        if (text.Length < Least)
            return [];
        var found = Plain(text, masks);
        foreach (var layer in Encodings.Below(text))
        {
            foreach (var inner in Plain(layer.Text, masks))
            {
                found.Add(layer.Places is { } places
                    ? inner with { From = places[inner.From], To = places[inner.To] }
                    : inner with { From = layer.From, To = layer.To });
            }
        }

        return Joined(found);
    }

    /// <summary>What a text looks like, in words that go after its place; null for nothing.</summary>
    public static string? Find(string text) => Scan(text) is [var first, ..] ? first.Words : null;

    /// <summary>The text with stars in place of whatever looks like a credential, for every text that leaves in words of ours.</summary>
    public static string Mask(string text) => Mask(text, Parts(text));

    /// <summary>What <see cref="Mask(string)"/> puts stars on.</summary>
    internal static IEnumerable<(int From, int To)> Parts(string text) => Scan(text, masks: true).Select(f => (f.From, f.To));

    /// <summary>The text with stars in place of some parts of it.</summary>
    /// <param name="text">Text.</param>
    /// <param name="parts">Parts in any order; where they touch, one mask covers them.</param>
    internal static string Mask(string text, IEnumerable<(int From, int To)> parts)
    {
        StringBuilder? masked = null;
        var done = 0;
        foreach (var (from, to) in parts.Order())
        {
            masked ??= new StringBuilder(text.Length);
            if (from >= done && (from > done || done == 0))
                masked.Append(text, done, from - done).Append(Masked);
            done = Math.Max(done, to);
        }

        return masked is null ? text : masked.Append(text, done, text.Length - done).ToString();
    }

    private static List<SecretFinding> Plain(string text, bool masks)
    {
        List<SecretFinding> found = [];
        var at = 0;
        while (at < text.Length && text.AsSpan(at).IndexOfAny(Words) is >= 0 and var next)
        {
            at += next;
            foreach (var anchor in ByBeginning.GetValueOrDefault(Beginning(text, at)) ?? [])
            {
                if ((masks || !anchor.IsOnlyMasked) && anchor.IsAt(text, at) && anchor.Find(text, at, anchor.Word.Length, masks) is var (from, to))
                    found.Add(new SecretFinding(from, Whole(text, to), anchor.Id, anchor.Says));
            }

            at++;
        }

        return found;
    }

    // What is longer than was looked at is a secret to its end.
    private static int Whole(string text, int to)
    {
        while (to < text.Length && to > 0 && IsOfToken(text[to - 1]) && IsOfToken(text[to]))
            to++;
        return to;
    }

    private static bool IsOfToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '/';

    private static List<SecretFinding> Joined(List<SecretFinding> found)
    {
        List<SecretFinding> joined = [];
        foreach (var one in found.OrderBy(f => f.From).ThenBy(f => f.Id == AssignedId).ThenByDescending(f => f.To))
        {
            if (joined is [.., var last] && one.From < last.To)
                joined[^1] = (last.Id == AssignedId ? last with { Id = one.Id, Words = one.Words } : last) with { To = Math.Max(last.To, one.To) };
            else
                joined.Add(one);
        }

        return joined;
    }

    private static int Beginning(string text, int at) => (char.ToLowerInvariant(text[at]) << 16) | (at + 1 < text.Length ? char.ToLowerInvariant(text[at + 1]) : 0);

    // Where one of the words stands, and what is then to be tried.
    private sealed record Anchor(string Word, bool AnyCase, string Id, string Says, Func<string, int, int, bool, (int From, int To)?> Find)
    {
        public bool IsOnlyMasked { get; init; }

        public bool IsAt(string text, int at) => string.Compare(text, at, Word, 0, Word.Length, AnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) == 0;
    }
}

/// <summary>Something that looks like a credential.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Id">Id of the rule that found it, one of <see cref="SecretShapes.Rules"/>.</param>
/// <param name="Words">What it looks like, in words that go after its place.</param>
public sealed record SecretFinding(int From, int To, string Id, string Words);
