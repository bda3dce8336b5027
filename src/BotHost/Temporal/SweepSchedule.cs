using CodingAgent.BotHost.Configuration;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Sweeps;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Temporal;

/// <summary>
/// Sees to it that Temporal has the schedule of the sweep as the settings have it, and that one runs now: what was missed while nobody was here is looked for
/// first. Temporal being away only makes it wait.
/// </summary>
internal sealed partial class SweepSchedule(ITemporalClient client, HostSettings settings, TimeProvider time, ILogger<SweepSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!await TryEnsureAsync(stoppingToken))
                await Task.Delay(Pause, time, stoppingToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task<bool> TryEnsureAsync(CancellationToken stoppingToken)
    {
        var rpc = new RpcOptions { CancellationToken = stoppingToken };
        var id = $"{settings.TemporalTaskQueue}-sweep";
        try
        {
            // Whose connection was never made honours no token.
            await client.Connection.ConnectAsync().WaitAsync(stoppingToken);
            var handle = client.GetScheduleHandle(id);
            if (settings.SweepEvery is not { } every)
            {
                await handle.DeleteAsync(rpc);
                return true;
            }

            var schedule = Schedule(id, every);
            try
            {
                await client.CreateScheduleAsync(id, schedule, new ScheduleOptions { TriggerImmediately = true, Rpc = rpc });
            }
            catch (ScheduleAlreadyRunningException)
            {
                // Somebody may have paused it, and that stays.
                await handle.UpdateAsync(was => new ScheduleUpdate(schedule with { State = was.Description.Schedule.State }), rpc);
                // One that an earlier life left in the middle goes on first, and has passed by what happened since.
                await handle.TriggerAsync(new ScheduleTriggerOptions { Overlap = ScheduleOverlapPolicy.BufferOne, Rpc = rpc });
            }

            return true;
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound && settings.SweepEvery is null)
        {
            return true;
        }
        catch (Exception e) when (e is RpcException || TemporalClients.IsAway(e, client))
        {
            LogNotScheduled(Pause.TotalSeconds, e.Message);
            return false;
        }
    }

    private Schedule Schedule(string id, TimeSpan every) => new(
        ScheduleActionStartWorkflow.Create((SweepWorkflow w) => w.RunAsync(), new WorkflowOptions(id, TaskQueues.ControlOf(settings.TemporalTaskQueue)) { RunTimeout = TimeSpan.FromHours(1) }),
        new ScheduleSpec { Intervals = [new ScheduleIntervalSpec(every)] })
    {
        Policy = new SchedulePolicy { Overlap = ScheduleOverlapPolicy.Skip, CatchupWindow = TimeSpan.FromMinutes(1) },
    };

    [LoggerMessage(EventId = 106, Level = LogLevel.Warning, Message = "The sweep is not scheduled yet; trying again in {Seconds} s: {Reason}")]
    private partial void LogNotScheduled(double seconds, string reason);
}
