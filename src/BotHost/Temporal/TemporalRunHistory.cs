using CodingAgent.Workflows.Tasks;
using Temporalio.Api.History.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Temporal;

/// <summary><see cref="IRunHistory"/> of a Temporal server.</summary>
/// <param name="client">The server.</param>
public sealed class TemporalRunHistory(ITemporalClient client) : IRunHistory
{
    // A task that lives for weeks continues now and then; the latest is what people ask about.
    private const int MostRuns = 8;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StepRun>> ReadAsync(TaskId task, string runId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        var runs = new List<IReadOnlyList<StepRun>>();
        string? run = runId;
        try
        {
            while (!string.IsNullOrEmpty(run) && runs.Count < MostRuns)
            {
                var history = await client.GetWorkflowHandle(task.ToString(), run).FetchHistoryAsync(new WorkflowHistoryEventFetchOptions { Rpc = new RpcOptions { CancellationToken = cancellationToken } });
                runs.Add(Read(history.Events));
                run = history.Events.Count > 0 ? history.Events.First().WorkflowExecutionStartedEventAttributes?.ContinuedExecutionRunId : null;
            }
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
        {
            // Kept no longer.
        }

        return [.. Enumerable.Reverse(runs).SelectMany(r => r)];
    }

    private static List<StepRun> Read(IEnumerable<HistoryEvent> events)
    {
        var steps = new List<StepRun>();
        var places = new Dictionary<long, int>();
        foreach (var e in events)
        {
            var at = e.EventTime.ToDateTimeOffset();
            if (e.ActivityTaskScheduledEventAttributes is { } scheduled)
            {
                places[e.EventId] = steps.Count;
                steps.Add(new StepRun(scheduled.ActivityType.Name, at, null, 0, false));
            }
            else if (e.ActivityTaskStartedEventAttributes is { } started)
            {
                Change(started.ScheduledEventId, s => s with { Attempts = started.Attempt });
            }
            else if (e.ActivityTaskCompletedEventAttributes is { } completed)
            {
                Change(completed.ScheduledEventId, s => s with { Ended = at });
            }
            else if ((e.ActivityTaskFailedEventAttributes?.ScheduledEventId ?? e.ActivityTaskTimedOutEventAttributes?.ScheduledEventId ?? e.ActivityTaskCanceledEventAttributes?.ScheduledEventId) is { } failed)
            {
                Change(failed, s => s with { Ended = at, Failed = true });
            }
        }

        return steps;

        void Change(long scheduled, Func<StepRun, StepRun> change)
        {
            if (places.TryGetValue(scheduled, out var place))
                steps[place] = change(steps[place]);
        }
    }
}
