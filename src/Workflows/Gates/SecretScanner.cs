using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Looks for credentials in added lines. Two kinds of rule: token shapes that issuers document (a match is near certain), and long
/// random-looking values assigned to a name that says secret. Small on purpose: every rule must be worth a blocked change.
/// </summary>
public static partial class SecretScanner
{
    // Shannon bits per character: English and identifiers stay below about 3.5, base64 and hex keys of this length lie above.
    private const double MinEntropy = 3.5;

    private static readonly (string Name, Regex Shape)[] Shapes =
    [
        ("a GitHub token", GitHubToken()),
        ("a GitLab token", GitLabToken()),
        ("an AWS access key id", AwsKey()),
        ("a Slack token", SlackToken()),
        ("a Google API key", GoogleKey()),
        ("an OpenAI or Stripe style key", SkKey()),
        ("a private key", PrivateKey()),
        ("an npm token", NpmToken()),
        ("a JSON web token", JsonWebToken()),
    ];

    /// <summary>Findings: where, and which rule. The value itself is never part of a finding.</summary>
    public static IReadOnlyList<string> Scan(IEnumerable<AddedLine> lines)
    {
        var findings = new List<string>();
        foreach (var line in lines)
        {
            // Whole lines: the expressions do not backtrack, and what is far to the right in a minified file leaks as well.
            var shape = Array.Find(Shapes, s => s.Shape.IsMatch(line.Text));
            if (shape.Name is not null)
                findings.Add($"{line.Path}:{line.Line} looks like {shape.Name}");
            else if (Assignment().Matches(line.Text).Any(m => IsRandom(m.Groups["value"].Value)))
                findings.Add($"{line.Path}:{line.Line} assigns a random-looking value to a secret's name");
        }

        return findings;
    }

    private static bool IsRandom(string value)
    {
        if (value.Length < 16 || !value.Any(char.IsAsciiDigit))
            return false;
        var entropy = value.GroupBy(c => c).Sum(g => -((double)g.Count() / value.Length) * Math.Log2((double)g.Count() / value.Length));
        return entropy >= MinEntropy;
    }

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

    [GeneratedRegex(@"\bnpm_[A-Za-z0-9]{36}\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NpmToken();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex JsonWebToken();

    [GeneratedRegex(
        """(secret|password|passwd|token|api_?key|access_?key|private_?key|credential)[a-z0-9_\-]*["']?\s*(:|=|:=|=>)\s*["'](?<value>[A-Za-z0-9+/=_\-\.]{16,200})["']""",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();
}
