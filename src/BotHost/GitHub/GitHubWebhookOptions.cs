using CodingAgent.BotHost.Configuration;

namespace CodingAgent.BotHost.GitHub;

/// <summary>Settings of the GitHub webhook endpoint.</summary>
/// <param name="Secrets">What GitHub signs deliveries with.</param>
public sealed record GitHubWebhookOptions(WebhookSecrets Secrets)
{
    /// <summary>One secret for everybody.</summary>
    public GitHubWebhookOptions(string secret)
        : this(new WebhookSecrets([secret], []))
    {
    }

    /// <summary>Largest accepted body in bytes. GitHub sends none above 25 MB.</summary>
    public long MaxBodyBytes { get; init; } = 25L * 1024 * 1024;

    /// <summary>Masked: it holds a secret.</summary>
    public override string ToString() => "GitHubWebhookOptions(***)";
}
