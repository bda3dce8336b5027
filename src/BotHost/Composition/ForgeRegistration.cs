using System.Net;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Schedules;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Sweeps;
using Temporalio.Client;

namespace CodingAgent.BotHost.Composition;

/// <summary>Registers and maps the served forges.</summary>
internal static class ForgeRegistration
{
    /// <summary>Registers the adapters behind the ports.</summary>
    public static void AddForges(this IServiceCollection services, HostSettings settings)
    {
        services.AddSingleton(p => new ServedForges(settings, p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IForge>(p => new RedactingForge(p.GetRequiredService<ServedForges>().All.ToDictionary(f => f.Kind, f => f.Forge), p.GetRequiredService<Redaction>()));
        services.AddSingleton<ITokenSource>(p => new TokensOfForges(p.GetRequiredService<ServedForges>().All.ToDictionary(f => f.Kind, f => f.Tokens)));
        services.AddSingleton<WebhookEndpoint>();
    }

    /// <summary>Registers the sweep for what passed unheard, and the schedules that it sees to; the worker of the control queue runs both.</summary>
    public static void AddSweeps(this IServiceCollection services, HostSettings settings)
    {
        services.AddSingleton(p => new SweepSettings(
            [.. settings.Served.Named], p.GetRequiredService<ServedForges>().All.Where(f => f.Webhook is not null).ToDictionary(f => f.Kind, f => f.Webhook!.Path)));
        services.AddSingleton<IReadOnlyList<IForgeDeliveries>>(p => [.. p.GetRequiredService<ServedForges>().All.Select(f => f.Forge).OfType<IForgeDeliveries>()]);
        services.AddSingleton<SweepActivities>();
        services.AddSingleton<SweepSchedule>();
        services.AddSingleton<ITaskSchedules>(p => new TemporalTaskSchedules(p.GetRequiredService<ITemporalClient>(), settings.TemporalTaskQueue));
        services.AddSingleton<ScheduleActivities>();
    }

    /// <summary>Maps the webhooks, each at its forge's own path.</summary>
    public static void MapForges(this IEndpointRouteBuilder routes)
    {
        foreach (var webhook in routes.ServiceProvider.GetRequiredService<ServedForges>().All.Select(f => f.Webhook).OfType<IForgeWebhook>())
            routes.MapWebhook(webhook);
    }

    private sealed class TokensOfForges(IReadOnlyDictionary<ForgeKind, ITokenSource> sources) : ITokenSource
    {
        public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) =>
            repo is not null && sources.TryGetValue(repo.Forge, out var source)
                ? source.GetTokenAsync(repo, step, permissions, cancellationToken)
                : throw new ForgeRejectedException($"There are no credentials for {repo?.ToString() ?? "no repository"}: set Forge:{repo?.Forge}:Token.", HttpStatusCode.Unauthorized);

        public bool Drop(ForgeToken token) => sources.Values.Aggregate(false, (again, source) => source.Drop(token) || again);
    }
}
