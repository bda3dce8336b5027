using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Secrets;

/// <summary>One published format of a credential: a row of <see cref="SecretFormats"/>.</summary>
/// <param name="Id">Its name in the policy's <c>secrets.allow</c> and in the guide.</param>
/// <param name="Issuer">Who issues it, as in "looks like a credential of GitHub".</param>
/// <param name="Anchors">Words one of which every such credential holds, with spaces between: only where one stands is <paramref name="Pattern"/> tried.</param>
/// <param name="Pattern">The whole credential from its anchor on; with a group <c>value</c> where only a part of it is secret.</param>
internal sealed record SecretFormat(string Id, string Issuer, string Anchors, string Pattern)
{
    // Longest looked at from an anchor on. Masks reach as far as the token's own characters do.
    private const int Longest = 500;

    private Regex? _regex;

    private Regex Compiled => _regex ??= new Regex(Pattern, RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | (AnyCase ? RegexOptions.IgnoreCase : RegexOptions.None));

    /// <summary>The credential begins as many characters before its anchor; 0 where the anchor begins it.</summary>
    public int Lead { get; init; }

    /// <summary>Nothing that could be more of it may stand before or after: a format whose anchor is short, and found in other texts by chance.</summary>
    public bool Whole { get; init; }

    /// <summary>Anchor and pattern count in any case.</summary>
    public bool AnyCase { get; init; }

    /// <summary>Masked in words, where a false alarm costs nothing; pushes are not held back by it.</summary>
    public bool IsOnlyMasked { get; init; }

    /// <summary>What else must hold of the value, beside that it is no placeholder.</summary>
    public Func<string, bool>? Check { get; init; }

    /// <summary>Holds for a value whose checksum is right: such a one is found also where it is glued to other text.</summary>
    public Func<string, bool>? IsCertain { get; init; }

    /// <summary>The value of a credential whose anchor stands there; null for none.</summary>
    /// <param name="text">Text.</param>
    /// <param name="anchor">Where the anchor stands.</param>
    /// <param name="masks">Placeholders count as well: what is masked for nothing costs nothing.</param>
    public (int From, int To)? At(string text, int anchor, bool masks)
    {
        // Most that stands in the middle of something else is so told without the expression.
        if (IsWhole && IsCertain is null && anchor > 0 && (Whole ? IsMore(text[anchor - 1]) : char.IsAsciiLetterOrDigit(text[anchor - 1]) && char.IsAsciiLetterOrDigit(text[anchor])))
            return null;
        var begin = Math.Max(0, anchor - Lead);
        var match = Compiled.Match(text, begin, Math.Min(Longest + Lead, text.Length - begin));
        if (!match.Success || (Lead == 0 && match.Index != begin) || match.Index > anchor)
            return null;
        var value = match.Groups["value"] is { Success: true } part ? part : match;
        var (from, to) = (value.Index, value.Index + value.Length);
        var written = text[from..to];
        if ((!masks && Randomness.IsPlaceholder(written)) || Check?.Invoke(written) == false)
            return null;
        var isApart = Whole
            ? (from == 0 || !IsMore(text[from - 1])) && (to == text.Length || !IsMore(text[to]) || text[to] == '=')
            : match.Index == 0 || !char.IsAsciiLetterOrDigit(text[match.Index - 1]) || !char.IsAsciiLetterOrDigit(text[match.Index]);
        return isApart || IsCertain?.Invoke(written) == true ? (from, to) : null;
    }

    // The credential is all of what the expression matches, from its anchor on.
    private bool IsWhole => Lead == 0 && !Pattern.Contains("?<value>", StringComparison.Ordinal);

    private static bool IsMore(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '_' or '-';
}
