using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.GitHub;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Composition;

/// <summary>The forges that are served, and what each brings: adapter, credentials, webhook endpoint, mapping. The one place that chooses.</summary>
public static class ServedForges
{
    /// <summary>Registers the adapter behind the ports and, where webhooks are taken, their endpoint.</summary>
    public static void AddForges(this IServiceCollection services, HostSettings settings, bool takesWebhooks)
    {
        services.AddSingleton(p => TokensOf(settings.GitHub, p.GetRequiredService<ILogger<AppTokenSource>>()));
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
        var tokens = TokensOf(settings.GitHub, NullLogger<AppTokenSource>.Instance);
        var forge = new GitHubForge(settings.GitHub.Api, tokens, TimeProvider.System, NullLogger<GitHubForge>.Instance);
        return (forge, new Both(forge, tokens as IDisposable));
    }

    private static ITokenSource TokensOf(GitHubSettings settings, ILogger<AppTokenSource> logger) =>
        settings.App is { } app ? new AppTokenSource(settings.Api, app, TimeProvider.System, logger) : new PersonalTokenSource(settings.Token);

    private sealed record Both(IDisposable Forge, IDisposable? Tokens) : IDisposable
    {
        public void Dispose()
        {
            Forge.Dispose();
            Tokens?.Dispose();
        }
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
