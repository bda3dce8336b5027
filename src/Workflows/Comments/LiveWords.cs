using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Comments;

/// <summary>
/// Words that act by themselves: they close issues, mention people, link, keep CI from running, set versions, command bots. The text comes
/// from issues and models, and a squash merge copies titles and bodies into the commit, so none of them may act; they stay readable. In a
/// commit message there is no markup to hide behind, so <see cref="Disarm"/> writes them otherwise; in Markdown an invisible gap at
/// <see cref="Places"/> suffices.
/// </summary>
internal static partial class LiveWords
{
    private const char ZeroWidthSpace = '\u200B';

    // GitHub links from seven; longer runs than a SHA-256 are something else.
    private const int ShortestId = 7;
    private const int LongestId = 64;
    private const int MostRounds = 100;

    // Names like a ticket's: what is fixed there is no ticket.
    private static readonly HashSet<string> Standards = new(StringComparer.Ordinal)
    {
        "UTF", "UCS", "ISO", "SHA", "MD", "RFC", "CVE", "CWE", "PEP", "JEP", "AES", "RSA", "TLS", "HTTP", "ECMA", "IEEE", "ANSI", "CP", "KOI", "EUC", "ADR", "GPT",
    };

    /// <summary>The same words without their effect, for commits and titles. Applying it twice changes nothing more.</summary>
    public static string Disarm(string text)
    {
        // What one rule leaves may be another's, and what lies in brackets may be in brackets again. Each makes signs fewer, or parts them.
        var before = "";
        for (var round = 0; before != text && round < MostRounds; round++)
            (before, text) = (text, DisarmOnce(text));
        return text;
    }

    private static string DisarmOnce(string text)
    {
        text = Bracketed().Replace(text, m => IsCommand(m.Groups["words"].Value) ? $"({m.Groups["words"].Value})" : m.Value);
        text = Starred().Replace(text, "${words}");
        text = Flagged().Replace(text, "${key}");
        text = Footer().Replace(text, "${key}");
        text = Breaking().Replace(text, "${before}(${key})");
        text = Override().Replace(text, m => m.Value.Replace('_', ' '));
        text = text.Replace("://", ": //", StringComparison.Ordinal);
        text = Hosted().Replace(text, "${before}${www} ${next}");
        text = Closing().Replace(text, m => Ticket().Replace(m.Value, t => Standards.Contains(t.Groups["key"].Value) ? t.Value : $"{t.Groups["key"].Value} {t.Groups["number"].Value}"));
        text = Commanded().Replace(text, "${ticket} # ${word}");
        text = Versioned().Replace(text, "${before}# ${word}");
        text = Lettered().Replace(text, "${key} ${number}");
        text = Language().Replace(text, "${before}${name}# ${digit}");
        text = Numbered().Replace(text, m => m.Index > 0 && (char.IsLetterOrDigit(text[m.Index - 1]) || text[m.Index - 1] is '_' or '-' or '.') ? $" no. {m.Groups["number"].Value}" : $"no. {m.Groups["number"].Value}");
        // Ids before what stands behind a letter or digit, which the sign in their place is not.
        return Spaced(Id().Replace(text, m => IsId(m.Value) ? $"{m.Value[..(ShortestId - 1)]}…" : m.Value));
    }

    /// <summary>A disarmed text without what makes of its beginning a draft's title, a commit to be folded into another, or a bot's command.</summary>
    public static string DisarmStart(string text)
    {
        while (Prefix().Match(text) is { Success: true } match)
            text = $"{match.Groups["word"].Value} {text[match.Length..].TrimStart()}".TrimEnd();
        if (text.Equals("draft", StringComparison.OrdinalIgnoreCase) || text.Equals("wip", StringComparison.OrdinalIgnoreCase))
            return $"{text} change";
        return StartsCommand(text) ? $"({text[..WordEnd(text)]}){text[WordEnd(text)..]}" : text;
    }

    /// <summary>The same words, parted by characters that nobody sees: for code in Markdown, which a squash merge makes plain text.</summary>
    public static string Break(string text)
    {
        var broken = new StringBuilder(text.Length + 8);
        var gaps = Places(text);
        for (var i = 0; i < text.Length; i++)
        {
            if (gaps.Contains(i))
                broken.Append(ZeroWidthSpace);
            broken.Append(text[i]);
        }

        return broken.ToString();
    }

    /// <summary>Lines that bots would take for a command, parted likewise; the rest as it is.</summary>
    public static string BreakLines(string text) => SlashLine().Replace(text, $"${{before}}{ZeroWidthSpace}/${{word}}${{after}}");

    /// <summary>True for a text that begins with a bot's command, such as <c>/merge</c>; a path is none.</summary>
    public static bool StartsCommand(string text) => SlashLine().Match(text) is { Success: true, Index: 0 };

    /// <summary>Where a gap keeps letters of a line of Markdown from acting together: indexes of what comes after it.</summary>
    public static HashSet<int> Places(string line)
    {
        var places = new HashSet<int>();
        for (var i = 0; i < line.Length; i++)
        {
            var next = i + 1 < line.Length ? line[i + 1] : ' ';
            // Whoever and whatever forges name: @ann, #9, !9, &9, $9, %9, ~bug; and all that begins with a bracket.
            if (line[i] is '@' or '#' or '[' || (line[i] is '!' or '&' && char.IsAsciiDigit(next)) || (line[i] == '$' && next != ' ') || (line[i] is '%' or '~' or '*' or '^' or '+' && (char.IsLetterOrDigit(next) || next is '"' or '_')))
                places.Add(i + 1);
            if (line[i] == ':' && (line.AsSpan(i + 1).StartsWith("//", StringComparison.Ordinal) || EndsWith(line.AsSpan(0, i), "mailto") || EndsWith(line.AsSpan(0, i), "xmpp")))
                places.Add(i + 1);
            if (line[i] == '.' && EndsWith(line.AsSpan(0, i), "www"))
                places.Add(i);
        }

        foreach (Match match in Lettered().Matches(line))
            places.Add(match.Groups["number"].Index - 1);
        foreach (Match match in Ticket().Matches(line))
            places.Add(match.Groups["number"].Index - 1);
        foreach (Match match in Footer().Matches(line))
            places.Add(match.Groups["key"].Index + match.Groups["key"].Length);
        foreach (Match match in Breaking().Matches(line))
            places.Add(match.Groups["key"].Index + "breaking".Length);
        foreach (Match match in Flagged().Matches(line))
            places.Add(match.Groups["key"].Index);
        foreach (Match match in Override().Matches(line))
            places.Add(match.Index + 1);
        foreach (var match in Id().EnumerateMatches(line))
        {
            for (var i = match.Index + ShortestId - 1; i < match.Index + match.Length; i += ShortestId - 1)
                places.Add(i);
        }

        if (StartsCommand(line))
            places.Add(0);
        return places;
    }

    /// <summary>Where a line has what looks like the id of a commit: begin and end.</summary>
    public static Dictionary<int, int> Ids(string line)
    {
        var ids = new Dictionary<int, int>();
        foreach (Match match in IdWithParts().Matches(line))
        {
            if (match.Value.Split('-').Any(p => p.Length is >= ShortestId and <= LongestId) && IsId(match.Value))
                ids[match.Index] = match.Index + match.Length;
        }

        return ids;
    }

    private static bool EndsWith(ReadOnlySpan<char> text, string word) =>
        text.EndsWith(word, StringComparison.OrdinalIgnoreCase) && (text.Length == word.Length || !char.IsLetterOrDigit(text[^(word.Length + 1)]));

    // A word and a number are none: cutting a number would make another of it.
    private static bool IsId(string run) => run.Any(char.IsAsciiDigit) && run.Any(char.IsAsciiLetter);

    // "[skip ci]", "[ci-skip]", "[no ci]", "[skip actions]", "[azurepipelines skip]" and what the next service makes of them; "[issue:g/p/9]" of GitLab.
    private static bool IsCommand(string words) =>
        Parts().Matches(words).Any(w => w.Value.ToUpperInvariant() is "SKIP" or "CI" or "CD" or "NOCI" or "SKIPCI" or "CISKIP" or "WIP" or "DRAFT") || Named().IsMatch(words);

    // References of GitLab's that no word spells out.
    private static string Spaced(string text)
    {
        var spaced = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            spaced.Append(text[i]);
            var (before, next) = (i > 0 ? text[i - 1] : ' ', i + 1 < text.Length ? text[i + 1] : ' ');
            if (text[i] switch
            {
                '&' or '$' => char.IsAsciiDigit(next),
                '~' => char.IsLetterOrDigit(next) || next == '"',
                // Formats and percentages are none.
                '%' => (char.IsLetterOrDigit(next) || next == '"') && !char.IsDigit(before) && before is not ('"' or '\'' or '`' or '%'),
                _ => false,
            })
                spaced.Append(' ');
        }

        return spaced.ToString();
    }

    private static int WordEnd(string text) => text.IndexOf(' ', StringComparison.Ordinal) is var end and > 0 ? end : text.Length;

    [GeneratedRegex(@"\[(?<words>[^\[\]]{2,80})\]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bracketed();

    [GeneratedRegex("[A-Za-z]+", RegexOptions.NonBacktracking)]
    private static partial Regex Parts();

    [GeneratedRegex(@"^[a-z_]{2,20}:\S+$", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    [GeneratedRegex(@"\*{3} *(?<words>no_ci|skip_ci|ci_skip) *\*{3}|\*(?<words>iteration:)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Starred();

    // Codeship's flag, GitVersion's sign.
    [GeneratedRegex(@"--(?<key>skip-ci)\b|\+(?<key>semver)( *:)+", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Flagged();

    // Trailers, as forges, release tools and review systems read them.
    [GeneratedRegex(
        @"\b(?<key>skip-checks|release-as|change-id|git-notes?|depends-on|(closes|partial|related)-bug|on-behalf-of|changelog|auto-submit|reviewed-on|agent-(task|step)|(signed-off|co-authored|co-developed|reviewed|acked|tested|approved|reported|suggested|helped|requested|submitted|merged)-by)( *:)+",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Footer();

    // Release tools read it at the start of any line, in any case and without a colon.
    [GeneratedRegex(@"(?<before>^|[^(\w])(?<key>breaking[ -]changes?\b)(( *:)+| +#)?", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Breaking();

    // Release Please takes what stands between two such words for the commit.
    [GeneratedRegex(@"\b(BEGIN|END)_(COMMIT_OVERRIDE|NESTED_COMMIT)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Override();

    [GeneratedRegex(@"(?<before>^|[^A-Za-z0-9])(?<www>www)\.(?<next>\S)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Hosted();

    // GitLab's words (GitHub's are among them), with what they close: several tickets of another tracker.
    [GeneratedRegex(
        @"\b(?i:clos(e[sd]?|ing)|fix(e[sd]|ing)?|resolv(e[sd]?|ing)|implement(s|ed|ing)?):? +((?i:issues?) +)?[A-Z][A-Z0-9_]+-[0-9]+((,? +(?i:and) +|, *)[A-Z][A-Z0-9_]+-[0-9]+)*",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Closing();

    [GeneratedRegex(@"\b(?<key>[A-Z][A-Z0-9_]+)-(?<number>[0-9]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Ticket();

    // Jira's commands behind a ticket.
    [GeneratedRegex(@"(?<ticket>\b[A-Z][A-Z0-9_]+-[0-9]+) +#(?<word>[A-Za-z])", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Commanded();

    // By which tools choose the next version.
    [GeneratedRegex(@"(?<before>^|[ (])#(?<word>major|minor|patch|none|skip)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Versioned();

    [GeneratedRegex(@"\b(?<key>GH|GL)-(?<number>[0-9]+)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Lettered();

    // "C#9", "F#9": a language and its version.
    [GeneratedRegex(@"(?<before>^|[^\w/.@-])(?<name>[CFJQX])#(?<digit>[0-9])", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Language();

    // "#9", "org/repo#9", and a merge request's "!9".
    [GeneratedRegex(@"[#!](?<number>[0-9]+)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\b[0-9A-Fa-f]{7,64}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Id();

    [GeneratedRegex(@"\b[0-9A-Fa-f]+(-[0-9A-Fa-f]+)*\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IdWithParts();

    [GeneratedRegex(@"^ *((?<word>draft|wip) *:|[(\[](?<word>draft|wip)[)\]]:?|(?<word>draft|wip) +- |(?<word>fixup|squash|amend)!)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Prefix();

    [GeneratedRegex(@"^(?<before>[ \t]*)/(?<word>[A-Za-z][A-Za-z0-9_-]*)(?<after>\s|$)", RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex SlashLine();
}
