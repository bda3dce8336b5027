namespace CodingAgent.BotHost.GitHub;

/// <summary>Settings of the GitHub webhook endpoint.</summary>
/// <param name="Secret">Secret GitHub signs deliveries with.</param>
public sealed record GitHubWebhookOptions(string Secret)
{
    /// <summary>Largest accepted body in bytes. GitHub sends none above 25 MB.</summary>
    public long MaxBodyBytes { get; init; } = 25L * 1024 * 1024;

    /// <summary>Masked: it holds a secret.</summary>
    public override string ToString() => "GitHubWebhookOptions(***)";
}
