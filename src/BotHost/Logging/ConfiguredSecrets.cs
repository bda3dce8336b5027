using System.Text.RegularExpressions;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Logging;

/// <summary>What takes the configured secrets out of texts before the service runs: what it prints when it cannot start, and what <c>doctor</c> tells.</summary>
internal static partial class ConfiguredSecrets
{
    /// <summary>Of validated settings, or where those cannot be had, of whatever stands under names that hold secrets.</summary>
    public static Redaction Of(IConfiguration? configuration, HostSettings? settings) => new(settings?.Secrets ?? (configuration is null ? [] : Raw(configuration)));

    private static IEnumerable<string> Raw(IConfiguration configuration) =>
        configuration.AsEnumerable().Where(p => p.Value?.Trim().Length >= 6 && SecretName().IsMatch(p.Key)).Select(p => p.Value!.Trim());

    // Keys of ours only: of the environment much else is called a token.
    [GeneratedRegex("^(Forge:(GitHub|GitLab):(Token|App:PrivateKey|WebhookSecret(:.*)?|WebhookSecrets:[^:]+:Secret(:.*)?)|Api:Key|OPENAI_API_KEY|Models:ApiKey|Temporal:ApiKey|Storage:Keys|Egress:Proxy)$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();
}
