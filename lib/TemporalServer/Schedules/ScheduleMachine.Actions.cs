using System.Globalization;
using Google.Protobuf;
using Temporalio.Api.Schedule.V1;
using TemporalServer.Machine;

namespace TemporalServer.Schedules;

internal sealed partial class ScheduleMachine
{
    /// <summary>Empties the buffer as far as the overlap policies allow; what must wait stays in it, and only for what runs.</summary>
    public ScheduleDecision Decide(DateTimeOffset now)
    {
        var starts = new List<BufferedStart>();
        var running = Info.RunningWorkflows.ToList();
        while (true)
        {
            var (chosen, single, cancel, terminate) = Sort(running.Count > 0);

            // Whatever runs is about to be ended, so starting more beside it would be for nothing.
            starts.AddRange(cancel ? [] : chosen.Where(start => TakeAction(start, now)));
            var taken = single is not null && TakeAction(single, now);
            if (taken)
            {
                starts.Add(single!);
            }

            // When the one that should start may not, the next in the buffer has its turn.
            if (taken || running.Count > 0 || State.Buffered.Count == 0)
            {
                return new ScheduleDecision(starts, taken ? single : null, cancel && !terminate ? running : [], terminate ? running : []);
            }
        }
    }

    /// <summary>The request that carries out a start.</summary>
    public StartWorkflowExecutionRequest Request(BufferedStart start, string requestId)
    {
        var action = Schedule.Action.StartWorkflow;
        var nominal = start.NominalTime.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var attributes = action.SearchAttributes?.Clone() ?? new SearchAttributes();
        attributes.IndexedFields["TemporalScheduledStartTime"] = Json(nominal, "Datetime");
        attributes.IndexedFields["TemporalScheduledById"] = Json(State.ScheduleId, "Keyword");

        // Runs that may overlap have no order in which one could hand on to the next.
        var inOrder = Policy(start) != ScheduleOverlapPolicy.AllowAll;
        return new StartWorkflowExecutionRequest
        {
            Namespace = State.Namespace,
            WorkflowId = $"{action.WorkflowId}-{nominal}",
            WorkflowType = action.WorkflowType,
            TaskQueue = action.TaskQueue,
            Input = action.Input,
            WorkflowExecutionTimeout = action.WorkflowExecutionTimeout,
            WorkflowRunTimeout = action.WorkflowRunTimeout,
            WorkflowTaskTimeout = action.WorkflowTaskTimeout,
            Identity = $"temporal-scheduler-{State.Namespace}-{State.ScheduleId}",
            RequestId = requestId,
            WorkflowIdReusePolicy = start.Manual ? WorkflowIdReusePolicy.AllowDuplicate : WorkflowIdReusePolicy.RejectDuplicate,
            RetryPolicy = action.RetryPolicy,
            Memo = action.Memo,
            SearchAttributes = attributes,
            Header = action.Header,
            UserMetadata = action.UserMetadata,
            Priority = action.Priority,
            LastCompletionResult = inOrder ? State.LastCompletionResult : null,
            ContinuedFailure = inOrder ? State.ContinuedFailure : null,
        };
    }

    /// <summary>A start was carried out.</summary>
    public void Started(BufferedStart start, WorkflowExecution execution, bool tracked, DateTimeOffset now)
    {
        Info.ActionCount++;
        Info.RecentActions.Add(new ScheduleActionResult
        {
            ScheduleTime = start.ActualTime,
            ActualTime = now.Stamp(),
            StartWorkflowResult = execution,
            StartWorkflowStatus = WorkflowExecutionStatus.Running,
        });
        if (Info.RecentActions.Count > RecentActions)
        {
            Info.RecentActions.RemoveAt(0);
        }

        if (tracked)
        {
            Info.RunningWorkflows.Add(execution);
        }
    }

    /// <summary>The server had no room for a start: it waits, first in line.</summary>
    public void Postpone(BufferedStart start, DateTimeOffset now)
    {
        State.Buffered.Insert(0, start);
        State.RetryAt = (now + RetryPause).Stamp();
        if (!start.Manual && Schedule.State.LimitedActions)
        {
            Schedule.State.RemainingActions++;
        }
    }

    /// <summary>A workflow it started has closed for good: no further run of it follows.</summary>
    /// <param name="firstRunId">The run it was started with.</param>
    /// <param name="status">How it closed.</param>
    /// <param name="close">The event that closed it.</param>
    public void WorkflowClosed(string firstRunId, WorkflowExecutionStatus status, HistoryEvent close)
    {
        foreach (var action in Info.RecentActions.Where(a => a.StartWorkflowResult.RunId == firstRunId))
        {
            action.StartWorkflowStatus = status;
        }

        if (Info.RunningWorkflows.FirstOrDefault(e => e.RunId == firstRunId) is not { } execution)
        {
            return;
        }

        Info.RunningWorkflows.Remove(execution);
        var failure = close.WorkflowExecutionFailedEventAttributes?.Failure;
        if (Schedule.Policies.PauseOnFailure && !Schedule.State.Paused && status is WorkflowExecutionStatus.Failed or WorkflowExecutionStatus.TimedOut)
        {
            var notes = status == WorkflowExecutionStatus.Failed
                ? $"paused due to workflow failure: {execution.WorkflowId}: {failure?.Message}"
                : $"paused due to workflow timeout: {execution.WorkflowId}";
            SetPaused(true, notes);
        }

        if (close.WorkflowExecutionCompletedEventAttributes?.Result is { } result)
        {
            State.LastCompletionResult = result;
            State.ContinuedFailure = null;
        }
        else if (failure is not null)
        {
            // The last result stays beside it, as for a cron schedule.
            State.ContinuedFailure = failure;
        }
    }

    private static Payload Json(string text, string type)
    {
        var payload = new Payload { Data = ByteString.CopyFromUtf8(System.Text.Json.JsonSerializer.Serialize(text)) };
        payload.Metadata["encoding"] = ByteString.CopyFromUtf8("json/plain");
        payload.Metadata["type"] = ByteString.CopyFromUtf8(type);
        return payload;
    }

    private ScheduleOverlapPolicy Policy(BufferedStart start) =>
        start.OverlapPolicy == ScheduleOverlapPolicy.Unspecified ? Schedule.Policies.OverlapPolicy : start.OverlapPolicy;

    /// <summary>Sorts the buffer: what starts beside anything, what starts if nothing else does, what waits (it goes back), what is skipped.</summary>
    private (List<BufferedStart> Overlapping, BufferedStart? Single, bool Cancel, bool Terminate) Sort(bool isRunning)
    {
        var waiting = State.Buffered.ToList();
        State.Buffered.Clear();
        var overlapping = new List<BufferedStart>();
        BufferedStart? single = null;
        bool cancel = false, terminate = false;
        foreach (var start in Schedule.Action.StartWorkflow is null ? [] : waiting)
        {
            var policy = Policy(start);
            if (policy == ScheduleOverlapPolicy.AllowAll)
            {
                overlapping.Add(start);
            }
            else if (!isRunning && single is null)
            {
                single = start;
            }
            else if (policy == ScheduleOverlapPolicy.BufferAll || (policy == ScheduleOverlapPolicy.BufferOne && State.Buffered.Count == 0))
            {
                State.Buffered.Add(start);
            }
            else if (policy is not (ScheduleOverlapPolicy.CancelOther or ScheduleOverlapPolicy.TerminateOther))
            {
                Info.OverlapSkipped++;
            }
            else if (isRunning)
            {
                // It starts once the other has closed.
                State.Buffered.Add(start);
                cancel = true;
                terminate |= policy == ScheduleOverlapPolicy.TerminateOther;
            }
            else
            {
                // The other has not even started: this one takes its place.
                single = start;
            }
        }

        return (overlapping, single, cancel, terminate);
    }

    /// <summary>Whether a start may still happen; counts it when actions are limited.</summary>
    private bool TakeAction(BufferedStart start, DateTimeOffset now)
    {
        if (start.Manual)
        {
            return true;
        }

        if (!MayAct)
        {
            return false;
        }

        if (now - start.ActualTime.ToDateTimeOffset() > CatchupWindow)
        {
            Info.MissedCatchupWindow++;
            return false;
        }

        if (Schedule.State.LimitedActions)
        {
            Schedule.State.RemainingActions--;
            State.ConflictToken++;
        }

        return true;
    }
}
