using CodingAgent.Workflows;
using CodingAgent.Workflows.Activities;
using Temporalio.Client;
using Temporalio.Worker;

namespace CodingAgent.BotHost.Worker;

/// <summary>Polls Temporal for workflow and activity tasks as long as the process lives; Temporal being away only makes it wait.</summary>
internal sealed partial class WorkerService(
    ITemporalClient client, IServiceProvider services,
    TimeProvider time, ILoggerFactory loggers, ILogger<WorkerService> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var options = new TemporalWorkerOptions(TaskQueues.CodingAgent)
                {
                    // One machine runs models' tools and checks: a few tasks side by side, not a hundred.
                    MaxConcurrentActivities = Math.Max(4, Environment.ProcessorCount * 2),
                    GracefulShutdownTimeout = TimeSpan.FromSeconds(10),
                    LoggerFactory = loggers,
                };
                options.AddCodingAgent(services);
                using var worker = new TemporalWorker(client, options);
                LogStarted(logger, TaskQueues.CodingAgent);
                await worker.ExecuteAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogAway(logger, Pause.TotalSeconds, e);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Worker polls task queue {Queue}")]
    private static partial void LogStarted(ILogger logger, string queue);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "Worker stopped and starts again in {Seconds} s")]
    private static partial void LogAway(ILogger logger, double seconds, Exception exception);
}
