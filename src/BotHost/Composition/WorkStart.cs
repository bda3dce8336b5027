using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Housekeeping;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.ThirdParty;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.BotHost.Composition;

/// <summary>
/// What work needs and taking deliveries does not: the look at this machine's sandbox, the embedded Temporal server, dispatcher and worker.
/// They start when the service listens already. A delivery that comes in between lies in the inbox, so that a restart turns senders away
/// for as short as it can.
/// </summary>
/// <param name="services">Services; those of work are made here first.</param>
/// <param name="settings">Settings.</param>
/// <param name="temporal">The embedded server.</param>
/// <param name="lifetime">Stopped when work ends by itself.</param>
internal sealed class WorkStart(IServiceProvider services, HostSettings settings, EmbeddedTemporal temporal, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<BackgroundService> _started = [];

    /// <summary>True when everything runs.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Why a part of the work ended by itself, and with it the process; null while none has.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Starts all of it.</summary>
    /// <exception cref="ConfigurationException">This machine cannot work.</exception>
    /// <exception cref="TemporalServer.TemporalServerException">The embedded server cannot start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.IsWorker)
        {
            if ((await services.GetRequiredService<BubblewrapSandbox>().InspectAsync()).Problem is { } problem)
                throw new ConfigurationException(problem);
            // Containers of an earlier life go now. Where no Engine is needed none is missed, and a task that wants one says what is wrong.
            if (File.Exists(settings.Docker.SocketPath))
                await services.GetRequiredService<DockerEngine>().InspectAsync();
        }

        if (settings.IsApplier && settings.Signing is not null)
            await CommitSettings.TryAsync(services.GetRequiredService<TrustedGit>(), cancellationToken);
        await StartAsync(services.GetRequiredService<Housekeeper>(), cancellationToken);
        if (services.GetService<AuditSchedule>() is { } audit)
            await StartAsync(audit, cancellationToken);
        if (settings.IsWeb)
            await StartAsync(services.GetRequiredService<TaskMetrics>(), cancellationToken);
        await temporal.StartAsync(cancellationToken);
        Watch(temporal.Kept);
        if (settings.IsWeb)
            await StartAsync(services.GetRequiredService<DispatcherService>(), cancellationToken);
        await StartAsync(services.GetRequiredService<WorkerService>(), cancellationToken);
        if (settings.IsWeb)
            await StartAsync(services.GetRequiredService<SweepSchedule>(), cancellationToken);
        await StartAsync(services.GetRequiredService<StartDiagnosis>(), cancellationToken);
        IsDone = true;
    }

    /// <summary>Stops what was started, the last first.</summary>
    public async Task StopAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        foreach (var service in Enumerable.Reverse(_started))
            await service.StopAsync(limit.Token);
    }

    private async Task StartAsync(BackgroundService service, CancellationToken cancellationToken)
    {
        await service.StartAsync(cancellationToken);
        _started.Add(service);
        Watch(service.ExecuteTask);
    }

    // None ends by itself; without one of them the process would take deliveries that nobody works on.
    private void Watch(Task? running) => _ = running?.ContinueWith(
        ended =>
        {
            Failure ??= ended.Exception?.GetBaseException();
            lifetime.StopApplication();
        },
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);
}
