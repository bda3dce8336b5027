using System.Text;
using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Secrets;

/// <summary>
/// What looks like a credential. Two kinds of rule: token shapes that issuers document (a match is near certain), and long random-looking
/// values assigned to a name that says secret.
/// </summary>
public static partial class SecretShapes
{
    // Shannon bits per character: English and identifiers stay below about 3.5, base64 and hex keys of this length lie above.
    private const double MinEntropy = 3.5;
    private const string Masked = "***";
    private static readonly char[] Digits = [.. "0123456789"];

    private static readonly (string Name, Regex Shape)[] Shapes =
    [
        ("a GitHub token", GitHubToken()),
        ("a GitLab token", GitLabToken()),
        ("an AWS access key id", AwsKey()),
        ("a Slack token", SlackToken()),
        ("a Google API key", GoogleKey()),
        ("a private key", PrivateKey()),
        ("an npm token", NpmToken()),
        ("a JSON web token", JsonWebToken()),
        ("a key of another service", OfAService()),
        ("an Azure storage key", AzureKey()),
    ];

    /// <summary>What a line looks like, in words that go after the line's place; null for nothing.</summary>
    public static string? Find(string line)
    {
        // Whole lines: the expressions do not backtrack, and what is far to the right in a minified file leaks as well.
        var shape = Array.Find(Shapes, s => s.Shape.IsMatch(line));
        return shape.Name is not null ? $"looks like {shape.Name}"
            : SkKeys(line).Any() ? "looks like an OpenAI or Stripe style key"
            : Values(line).Any() ? "assigns a random-looking value to a secret's name"
            : null;
    }

    /// <summary>The text with stars in place of whatever looks like a credential, for every text that leaves in words of ours.</summary>
    public static string Mask(string text)
    {
        if (text.Length < 16)
            return text;
        List<(int From, int To)> found = [];
        foreach (var (_, shape) in Shapes)
            foreach (var match in shape.EnumerateMatches(text))
                found.Add((match.Index, match.Index + match.Length));
        // Of a key the header tells, and the rest is what must not be read; whether it ends here or was cut.
        foreach (var match in KeyBody().EnumerateMatches(text))
            found.Add((match.Index, match.Index + match.Length));
        foreach (var value in Values(text))
            found.Add((value.Index, value.Index + value.Length));
        if (found.Count == 0)
            return text;

        found.Sort();
        var (masked, done) = (new StringBuilder(text.Length), 0);
        foreach (var (from, to) in found)
        {
            if (from >= done)
                masked.Append(text, done, from - done).Append(Masked);
            done = Math.Max(done, to);
        }

        return masked.Append(text, done, text.Length - done).ToString();
    }

    private static IEnumerable<Group> Values(string text) =>
        Assignment().Matches(text).Concat(Address().Matches(text)).Concat(Header().Matches(text)).Select(m => m.Groups["value"]).Where(v => IsRandom(v.Value) && !IsWords(v.Value))
            .Concat(Bare().Matches(text).Select(m => m.Groups["value"]).Where(v => IsRandom(v.Value) && !IsWords(v.Value) && IsMixed(v.Value)))
            .Concat(SkKeys(text));

    // Classes of style sheets begin so, too.
    private static IEnumerable<Group> SkKeys(string text) => SkKey().Matches(text).Select(m => m.Groups[0]).Where(v => v.Value.Any(char.IsAsciiDigit) && !IsWords(v.Value));

    private static bool IsRandom(string value)
    {
        if (value.Length < 16 || !value.Any(char.IsAsciiDigit))
            return false;
        var entropy = value.GroupBy(c => c).Sum(g => -((double)g.Count() / value.Length) * Math.Log2((double)g.Count() / value.Length));
        return entropy >= MinEntropy;
    }

    // Names of models, files and settings are long and many-lettered too: words and short numbers between dashes, dots and slashes. So are
    // places that are filled in later.
    private static bool IsWords(string value) =>
        value.Contains("${", StringComparison.Ordinal) || value.Contains("{{", StringComparison.Ordinal) || value.Contains("$(", StringComparison.Ordinal)
        || NoWord().Split(value).All(part => part.Length <= 3 || part.All(char.IsAsciiDigit) && part.Length <= 8 || IsWord(part));

    // One case, or one capital here and there, and a short number: what is random changes case at every second letter.
    private static bool IsWord(string part)
    {
        var word = part.TrimEnd(Digits);
        return part.Length - word.Length <= 4 && word.Length <= 24 && word.All(char.IsAsciiLetter)
            && word.Zip(word.Skip(1)).Count(p => char.IsAsciiLetterUpper(p.First) != char.IsAsciiLetterUpper(p.Second)) * 3 <= word.Length;
    }

    // Code assigns names of functions and variables without quotes as well.
    private static bool IsMixed(string value) =>
        (value.Count(char.IsAsciiDigit) > 3 || value.AsSpan().IndexOfAny('+', '/', '=') >= 0) && value.Count(char.IsAsciiLetterUpper) > 1 && value.Count(char.IsAsciiLetterLower) > 1;

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex NoWord();

    [GeneratedRegex(@"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex GitHubToken();

    [GeneratedRegex(@"\bgl(pat|dt|rt|cbt|ptt)-[A-Za-z0-9_\-]{20,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex GitLabToken();

    [GeneratedRegex(@"\b(AKIA|ASIA)[A-Z2-7]{16}\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AwsKey();

    [GeneratedRegex(@"\bxox[abeoprs]-[A-Za-z0-9-]{20,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SlackToken();

    [GeneratedRegex(@"\bAIza[A-Za-z0-9_\-]{35}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex GoogleKey();

    [GeneratedRegex(@"\b[sr]k[-_](proj-|live_|test_|ant-|svcacct-)?[A-Za-z0-9_\-]{24,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SkKey();

    [GeneratedRegex(@"-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----[A-Za-z0-9+/=\s\\:,]*(-----END [A-Z ]+-----)?", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyBody();

    [GeneratedRegex(@"\bnpm_[A-Za-z0-9]{36}\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NpmToken();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex JsonWebToken();

    [GeneratedRegex(
        """(secret|password|passwd|token|api_?key|access_?key|private_?key|credential)[a-z0-9_\-]*["']?\s*(:|=|:=|=>)\s*["'](?<value>[^"'\s]{16,200})["']""",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();

    [GeneratedRegex(
        @"\b(dckr_pat_[A-Za-z0-9_\-]{20,}|pypi-AgE[A-Za-z0-9_\-]{50,}|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{60,}|shp(at|ca|pa|ss)_[A-Fa-f0-9]{32}|lin_api_[A-Za-z0-9]{32,}|SG\.[A-Za-z0-9_\-]{20,}\.[A-Za-z0-9_\-]{30,}|GOCSPX-[A-Za-z0-9_\-]{20,}|ya29\.[A-Za-z0-9_\-]{30,}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,})",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex OfAService();

    [GeneratedRegex("(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AzureKey();

    [GeneratedRegex(@"\b(bearer|basic)\s+(?<value>[A-Za-z0-9+/=_\-.]{16,400})", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Header();

    // Environment files and YAML: no quotes.
    [GeneratedRegex(
        """(secret|password|passwd|token|api_?key|access_?key|private_?key|credential)[a-z0-9_\-]*["']?\s*(:|=|:=|=>)\s*(?<value>[A-Za-z0-9+/=_\-]{16,200})([\s,;#]|$)""",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Bare();

    [GeneratedRegex(@"[a-z][a-z0-9+.\-]*://[^\s/:@]*:(?<value>[^\s/:@]{16,200})@", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Address();
}
