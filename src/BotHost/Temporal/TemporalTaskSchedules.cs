using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Schedules;
using CodingAgent.Workflows.Tasks;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Temporal;

/// <summary><see cref="ITaskSchedules"/> on a Temporal client. A schedule's id is the task queue's name, <c>-schedule/</c> and its key.</summary>
/// <param name="client">The client.</param>
/// <param name="taskQueue">The queue of tasks; what a schedule starts is in the control queue beside it.</param>
public sealed class TemporalTaskSchedules(ITemporalClient client, string taskQueue) : ITaskSchedules
{
    private readonly string _prefix = $"{taskQueue}-schedule/";

    /// <inheritdoc/>
    public Task<IReadOnlyCollection<ScheduleKey>> ListAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyCollection<ScheduleKey>>(async () =>
    {
        var keys = new HashSet<ScheduleKey>();
        // Which of them are ours no server can be asked: their ids are no search attribute.
        await foreach (var listed in client.ListSchedulesAsync(new ScheduleListOptions { Rpc = Rpc(cancellationToken) }).WithCancellation(cancellationToken))
        {
            if (listed.Id.StartsWith(_prefix, StringComparison.Ordinal) && ScheduleKey.TryParse(listed.Id[_prefix.Length..], out var key))
                keys.Add(key);
        }

        return keys;
    });

    /// <inheritdoc/>
    public Task<StandingSchedule> EnsureAsync(ScheduleKey key, PolicySchedule entry, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(entry);
        var (id, due) = ($"{_prefix}{key}", new ScheduledTask(key.Repo, key.Name, entry.Digest));
        var schedule = ScheduleOf(id, due, entry);
        var (handle, outcome) = (client.GetScheduleHandle(id), ScheduleOutcome.Made);
        try
        {
            await client.CreateScheduleAsync(id, schedule, new ScheduleOptions { Rpc = Rpc(cancellationToken) });
        }
        catch (ScheduleAlreadyRunningException)
        {
            // An update passes over what came due and was not begun yet, so there is none without need.
            outcome = await IsOfAsync(await handle.DescribeAsync(Rpc(cancellationToken)), due) ? ScheduleOutcome.Same : ScheduleOutcome.Changed;
            // Somebody may have paused it, and that stays.
            if (outcome == ScheduleOutcome.Changed)
                await handle.UpdateAsync(was => new ScheduleUpdate(schedule with { State = was.Description.Schedule.State }), Rpc(cancellationToken));
        }

        var stands = await handle.DescribeAsync(Rpc(cancellationToken));
        return new StandingSchedule(outcome, stands.Info.NextActionTimes is { Count: > 0 } next ? new DateTimeOffset(next.First(), TimeSpan.Zero) : null, stands.Schedule.State.Paused);
    });

    /// <inheritdoc/>
    public Task DeleteAsync(ScheduleKey key, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        try
        {
            await client.GetScheduleHandle($"{_prefix}{key}").DeleteAsync(Rpc(cancellationToken));
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
        {
            // Gone.
        }

        return true;
    });

    private Schedule ScheduleOf(string id, ScheduledTask due, PolicySchedule entry) => new(
        ScheduleActionStartWorkflow.Create(
            (ScheduledTaskWorkflow w) => w.RunAsync(due), new WorkflowOptions(id, TaskQueues.ControlOf(taskQueue)) { ExecutionTimeout = ScheduledTaskWorkflow.Window }),
        new ScheduleSpec { CronExpressions = [entry.Cron], TimeZoneName = entry.TimeZone })
    {
        // While one waits, later ones are passed over: of what came due while nobody was here one begins.
        Policy = new SchedulePolicy { Overlap = ScheduleOverlapPolicy.Skip, CatchupWindow = ScheduledTaskWorkflow.Window },
    };

    private static async Task<bool> IsOfAsync(ScheduleDescription stands, ScheduledTask due) =>
        stands.Schedule.Action is ScheduleActionStartWorkflow { Args: { Count: 1 } args } && args.First() is IEncodedRawValue raw && await raw.ToValueAsync<ScheduledTask>() == due;

    private static RpcOptions Rpc(CancellationToken cancellationToken) => new() { CancellationToken = cancellationToken, Timeout = TimeSpan.FromSeconds(10) };

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.InvalidArgument)
        {
            throw new ScheduleRefusedException(e.Message, e);
        }
        catch (Exception e) when (e is RpcException || TemporalClients.IsAway(e, client))
        {
            throw new TaskGatewayUnavailableException($"Temporal cannot be reached: {e.Message}", e);
        }
    }
}
