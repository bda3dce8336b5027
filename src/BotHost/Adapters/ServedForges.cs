using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.GitLab;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Adapters;

/// <summary>The forges that are served, and what each brings: adapter, credentials, webhook, mapping. The one place that chooses.</summary>
public sealed class ServedForges : IDisposable
{
    private readonly List<IDisposable> _adapters = [];

    /// <summary>Makes the adapters of what the settings name.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message is one line for the operator.</exception>
    public ServedForges(HostSettings settings, ILoggerFactory loggers)
    {
        var all = new List<ServedForge>();
        if (settings.GitHub is { } gitHub)
        {
            ITokenSource tokens = gitHub.App is { } app ? new AppTokenSource(gitHub.Api, app, TimeProvider.System, loggers.CreateLogger<AppTokenSource>()) : new PersonalTokenSource(gitHub.Token);
            var forge = new GitHubForge(gitHub.Api, tokens, TimeProvider.System, loggers.CreateLogger<GitHubForge>());
            _adapters.AddRange(((object[])[forge, tokens]).OfType<IDisposable>());
            all.Add(new ServedForge(ForgeKind.GitHub, forge, forge, tokens, settings.IsWeb ? new GitHubWebhook(gitHub.WebhookSecrets) : null));
        }

        if (settings.GitLab is { } gitLab)
        {
            var tokens = new GitLabTokenSource(gitLab.Token);
            var forge = new GitLabForge(gitLab.Site, tokens, TimeProvider.System, loggers.CreateLogger<GitLabForge>());
            _adapters.Add(forge);
            all.Add(new ServedForge(ForgeKind.GitLab, forge, forge, tokens, settings.IsWeb ? new GitLabWebhook(gitLab.WebhookSecrets) : null));
        }

        All = all;
    }

    /// <summary>The forges.</summary>
    public IReadOnlyList<ServedForge> All { get; }

    /// <summary>Reads a delivery of any forge.</summary>
    public static MappedDelivery Map(InboxDelivery delivery) => delivery.Forge switch
    {
        ForgeKind.GitHub => GitHubWebhookMapper.Map(delivery.Id, delivery.EventName, delivery.Body.Span),
        ForgeKind.GitLab => GitLabWebhookMapper.Map(delivery.Id, delivery.EventName, delivery.Body.Span),
        _ => new MappedDelivery.Unreadable($"{delivery.Forge} is not served by this version"),
    };

    /// <inheritdoc/>
    public void Dispose() => _adapters.ForEach(a => a.Dispose());
}

/// <summary>A forge that is served.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Forge">Its adapter.</param>
/// <param name="Diagnosis">What it says of its own set-up.</param>
/// <param name="Tokens">Its credentials.</param>
/// <param name="Webhook">What it sends; null where this process takes none.</param>
public sealed record ServedForge(ForgeKind Kind, IForge Forge, IForgeDiagnosis Diagnosis, ITokenSource Tokens, IForgeWebhook? Webhook);
