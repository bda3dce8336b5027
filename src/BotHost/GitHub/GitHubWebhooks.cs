using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Dispatch;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CodingAgent.BotHost.GitHub;

/// <summary>Registers and maps the webhook endpoint.</summary>
public static class GitHubWebhooks
{
    /// <summary>Where deliveries are taken.</summary>
    public const string Path = "/webhooks/github";

    /// <summary>The endpoint's services; needs an <see cref="Workflows.Ports.IInbox"/>.</summary>
    /// <exception cref="ConfigurationException">There is no secret: without one nothing could be told from a forgery.</exception>
    public static IServiceCollection AddGitHubWebhooks(this IServiceCollection services, GitHubWebhookOptions options)
    {
        if (!options.Secrets.All.Any() || options.Secrets.All.Any(string.IsNullOrWhiteSpace))
            throw new ConfigurationException("Forge:GitHub:WebhookSecret is missing: set the secret of the webhook's settings on GitHub.");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InboxBell>();
        return services.AddSingleton(options).AddSingleton<GitHubWebhookEndpoint>();
    }

    /// <summary>Maps <c>POST /webhooks/github</c>.</summary>
    public static IEndpointConventionBuilder MapGitHubWebhooks(this IEndpointRouteBuilder endpoints, string pattern = Path) =>
        endpoints.MapPost(pattern, (HttpContext context, GitHubWebhookEndpoint endpoint) => endpoint.HandleAsync(context));
}
