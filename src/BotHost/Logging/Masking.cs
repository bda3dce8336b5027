using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.BotHost.Configuration;

namespace CodingAgent.BotHost.Logging;

/// <summary>Takes secrets out of a text: those that are configured, and what has the shape of a well-known token, wherever it was pasted by mistake.</summary>
public sealed partial class Masking
{
    private readonly string[] _secrets;

    /// <summary>Of these; empty ones are passed over.</summary>
    public Masking(IEnumerable<string> secrets) => _secrets = [.. secrets.Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Of validated settings, or where those cannot be had, of whatever stands under names that hold secrets.</summary>
    public static Masking Of(IConfiguration? configuration, HostSettings? settings) => new(settings?.Secrets ?? (configuration is null ? [] : Raw(configuration)));

    /// <summary>The text without them.</summary>
    public string Apply(string text)
    {
        // Found in the text as it is: what one mask covers must not hide from another that it was part of something longer.
        List<(int From, int To)> found = [];
        foreach (var token in TokenLike().EnumerateMatches(text))
            found.Add((token.Index, token.Index + token.Length));
        foreach (var secret in _secrets)
        {
            for (var at = text.IndexOf(secret, StringComparison.Ordinal); at >= 0; at = text.IndexOf(secret, at + 1, StringComparison.Ordinal))
                found.Add((at, at + secret.Length));
        }

        if (found.Count == 0)
            return text;
        found.Sort();
        var (masked, done) = (new StringBuilder(text.Length), 0);
        foreach (var (from, to) in found)
        {
            if (from >= done)
                masked.Append(text, done, from - done).Append("***");
            done = Math.Max(done, to);
        }

        return masked.Append(text, done, text.Length - done).ToString();
    }

    private static IEnumerable<string> Raw(IConfiguration configuration) =>
        configuration.AsEnumerable().Where(p => p.Value?.Trim().Length >= 6 && SecretName().IsMatch(p.Key)).Select(p => p.Value!.Trim());

    // Keys of ours only: of the environment much else is called a token.
    [GeneratedRegex("^(Forge:GitHub:(Token|WebhookSecret(:.*)?|WebhookSecrets:[^:]+:Secret(:.*)?)|Api:Key|OPENAI_API_KEY|Models:ApiKey|Temporal:ApiKey|Storage:Keys|Egress:Proxy)$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_\-]{16,}|sk-[A-Za-z0-9_\-]{16,})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TokenLike();
}
