using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Sessions;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>Registers storage and dispatcher.</summary>
public static class DispatchRegistration
{
    /// <summary>The embedded stores behind their ports. The database is opened before, so that a damaged file stops start-up.</summary>
    public static IServiceCollection AddEmbeddedStorage(this IServiceCollection services, SqliteDatabase database, PayloadCipher cipher) =>
        services
            .AddSingleton(database)
            .AddSingleton(cipher)
            .AddSingleton<IInbox, Inbox>()
            .AddSingleton<IStatementLog, StatementLog>()
            .AddSingleton<ILinkStore, LinkStore>()
            .AddSingleton<ISweepMarks, SweepMarks>()
            .AddSingleton<ITaskProjection, TaskProjection>()
            .AddSingleton<TaskMilestones>()
            .AddSingleton<TaskStatistics>()
            .AddSingleton<ITaskLog, TaskLog>()
            .AddSingleton<IAgentJournal, AgentJournal>()
            .AddSingleton<IAgentSessions, AgentSessions>()
            .AddSingleton<IArtifactStore, ArtifactStore>();

    /// <summary>
    /// The dispatcher; <see cref="DispatcherService"/> runs it. Needs the ports of storage, an <see cref="IForge"/> and an <see cref="ITaskGateway"/>.
    /// Run it in one process per database: order per issue is kept within a process.
    /// </summary>
    public static IServiceCollection AddInboxDispatcher(
        this IServiceCollection services, DeliveryMapper map, RoutingOptions? routing = null, DispatcherOptions? dispatcher = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InboxBell>();
        services.TryAddSingleton<IForgeRepositories>(provider => provider.GetRequiredService<IForge>());
        services.TryAddSingleton<IForgePulls>(provider => provider.GetRequiredService<IForge>());
        services.TryAddSingleton<IForgeIssues>(provider => provider.GetRequiredService<IForge>());
        services.TryAddSingleton<IForgeRecords>(provider => provider.GetRequiredService<IForge>());
        return services
            .AddSingleton(map)
            .AddSingleton(routing ?? new RoutingOptions())
            .AddSingleton(dispatcher ?? new DispatcherOptions())
            .AddSingleton<ReadBack>()
            .AddSingleton<SubjectReader>()
            .AddSingleton<RoutingFactsLoader>()
            .AddSingleton<ActionRunner>()
            .AddSingleton<RevertWatch>()
            .AddSingleton<InboxDispatcher>()
            .AddSingleton<DispatcherService>();
    }
}
