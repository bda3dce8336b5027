using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.GitHub;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.BotHost.Composition;

/// <summary>The forges that are served, and what each brings: adapter, credentials, webhook endpoint, mapping. The one place that chooses.</summary>
public static class ServedForges
{
    /// <summary>Registers the adapter behind the ports and, where webhooks are taken, their endpoint.</summary>
    public static void AddForges(this IServiceCollection services, HostSettings settings, bool takesWebhooks)
    {
        services.AddSingleton<ITokenSource>(new PersonalTokenSource(settings.GitHub.Token));
        services.AddSingleton(p => new GitHubForge(
            settings.GitHub.Api, p.GetRequiredService<ITokenSource>(), TimeProvider.System, p.GetRequiredService<ILogger<GitHubForge>>()));
        services.AddSingleton<IForge>(p => new RedactingForge(p.GetRequiredService<GitHubForge>(), p.GetRequiredService<Redaction>()));
        services.AddSingleton<IForgeDiagnosis>(p => p.GetRequiredService<GitHubForge>());
        if (takesWebhooks)
            services.AddGitHubWebhooks(new GitHubWebhookOptions(settings.GitHub.WebhookSecrets));
    }

    /// <summary>Where the forge's events are taken.</summary>
    public const string WebhookPath = GitHubWebhooks.Path;

    /// <summary>The forge by itself, to be asked before the service runs. Dispose it.</summary>
    internal static (IForgeDiagnosis Diagnosis, IDisposable Owner) Open(HostSettings settings)
    {
        var forge = new GitHubForge(settings.GitHub.Api, new PersonalTokenSource(settings.GitHub.Token), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<GitHubForge>.Instance);
        return (forge, forge);
    }

    /// <summary>Maps the webhook endpoints.</summary>
    public static void MapForges(this IEndpointRouteBuilder routes) => routes.MapGitHubWebhooks();

    /// <summary>Reads a delivery of any forge.</summary>
    public static MappedDelivery Map(InboxDelivery delivery) => delivery.Forge switch
    {
        ForgeKind.GitHub => GitHubWebhookMapper.Map(delivery.Id, delivery.EventName, delivery.Body.Span),
        _ => new MappedDelivery.Unreadable($"{delivery.Forge} is not served by this version"),
    };
}
