using System.ComponentModel;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Schedules;
using CodingAgent.Workflows.Sweeps;
using Temporalio.Client;
using Temporalio.Worker;

namespace CodingAgent.BotHost.Temporal;

/// <summary>
/// Polls Temporal, the queues of the process's roles (tasks, applier, control), as long as the process lives. Temporal being away, before the first connection or
/// later, only makes it wait; told to stop, it gives running activities <see cref="Grace"/> to end.
/// </summary>
internal sealed partial class WorkerService(
    ITemporalClient client, HostSettings settings, IServiceProvider services,
    TimeProvider time, ILoggerFactory loggers, ILogger<WorkerService> logger) : BackgroundService
{
    /// <summary>How long activities may go on after the process was told to stop.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the worker may take to stop beyond <see cref="Grace"/>. It waits for answers to its open polls without end where the
    /// server went before it; what is lost by leaving then, the server gives to another worker.
    /// </summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.IsWorker)
            await TellPlacesAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Workers refuse a client that has never been connected.
                await client.Connection.ConnectAsync().WaitAsync(stoppingToken);
                await UntilLeftAsync(PollAsync(stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (InvalidOperationException e) when (TemporalClients.IsAway(e, client))
            {
                LogNotConnected(logger, client.Connection.Options.TargetHost, Pause.TotalSeconds, e.Message);
                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (Exception e)
            {
                LogAway(logger, Pause.TotalSeconds, e);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private async Task PollAsync(CancellationToken stoppingToken)
    {
        // Where both lie in one process, also for a step that was handed out before the applier had a queue of its own.
        using var tasks = settings.IsWorker ? NewWorker(settings.TemporalTaskQueue, o => (settings.IsApplier ? o.AddApplier(services) : o).AddCodingAgent(services)) : null;
        using var apply = settings.IsApplier ? NewWorker(TaskQueues.ApplyOf(settings.TemporalTaskQueue), o => o.AddApplier(services)) : null;
        using var control = settings.IsWeb
            ? NewWorker(TaskQueues.ControlOf(settings.TemporalTaskQueue), o => o
                .AddWorkflow<SweepWorkflow>().AddAllActivities(services.GetRequiredService<SweepActivities>())
                .AddWorkflow<ScheduledTaskWorkflow>().AddAllActivities(services.GetRequiredService<ScheduleActivities>()))
            : null;
        // None goes on without the others: all start again together.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var running = new[] { tasks, apply, control }.OfType<TemporalWorker>().Select(w => w.ExecuteAsync(stop.Token)).ToArray();
        await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    private TemporalWorker NewWorker(string queue, Action<TemporalWorkerOptions> add)
    {
        var options = new TemporalWorkerOptions(queue)
        {
            // One machine runs models' tools and checks: a few tasks side by side, not a hundred.
            MaxConcurrentActivities = Math.Max(4, Environment.ProcessorCount * 2),
            GracefulShutdownTimeout = Grace,
            LoggerFactory = loggers,
        };
        add(options);
        LogStarted(logger, queue);
        return new TemporalWorker(client, options);
    }

    // Also the moment when what an earlier life left mounted goes.
    private async Task TellPlacesAsync(CancellationToken stoppingToken)
    {
        try
        {
            var (commands, workspaces) = ((await services.GetRequiredService<BubblewrapSandbox>().InspectAsync()).Words, (await services.GetRequiredService<TrustedGit>().InspectWorkspacesAsync(stoppingToken)).Words);
            LogPlaces(logger, commands, workspaces);
        }
        catch (Exception e) when (e is GitFailedException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            // The first task that needs one tries again, and says so.
            LogNoWorkspaces(logger, e.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task UntilLeftAsync(Task running, CancellationToken stoppingToken)
    {
        try
        {
            await running.WaitAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            if (await Task.WhenAny(running, Task.Delay(Grace + Farewell, time, CancellationToken.None)) == running)
                await running;
            else
                LogLeft(logger, (Grace + Farewell).TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Worker polls task queue {Queue}")]
    private static partial void LogStarted(ILogger logger, string queue);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "Worker stopped and starts again in {Seconds} s")]
    private static partial void LogAway(ILogger logger, double seconds, Exception exception);

    [LoggerMessage(EventId = 102, Level = LogLevel.Warning, Message = "Temporal at {Address} cannot be reached; the worker tries again in {Seconds} s: {Reason}")]
    private static partial void LogNotConnected(ILogger logger, string? address, double seconds, string reason);

    [LoggerMessage(EventId = 103, Level = LogLevel.Warning, Message = "Worker left without a farewell: the server did not answer within {Seconds} s")]
    private static partial void LogLeft(ILogger logger, double seconds);

    [LoggerMessage(EventId = 104, Level = LogLevel.Information, Message = "Sandbox: {Sandbox}. Workspaces: {Workspaces}")]
    private static partial void LogPlaces(ILogger logger, string sandbox, string workspaces);

    [LoggerMessage(EventId = 105, Level = LogLevel.Warning, Message = "Workspaces cannot be made yet: {Reason}")]
    private static partial void LogNoWorkspaces(ILogger logger, string reason);
}
