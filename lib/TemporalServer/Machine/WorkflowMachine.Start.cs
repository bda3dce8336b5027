using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.Workflow.V1;

namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>The task timeout when the caller names none.</summary>
    public static readonly TimeSpan DefaultTaskTimeout = TimeSpan.FromSeconds(10);

    private const int MaxSignalRequestIds = 1000;

    /// <summary>Begins a run by writing its first event; the first workflow task is scheduled by <see cref="ScheduleFirstTask"/>.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="runId">The id of the run.</param>
    /// <param name="started">The first event's attributes; defaults are filled in.</param>
    /// <param name="startRequestId">The caller's request id, for deduplication.</param>
    /// <param name="userMetadata">Summary and details for people.</param>
    /// <param name="now">The time.</param>
    /// <param name="newId">Makes ids of further runs.</param>
    public static WorkflowMachine Begin(
        string ns, string runId, WorkflowExecutionStartedEventAttributes started, string startRequestId, UserMetadata? userMetadata, DateTimeOffset now, Func<string> newId)
    {
        if (!started.WorkflowTaskTimeout.IsSet())
        {
            started.WorkflowTaskTimeout = DefaultTaskTimeout.Span();
        }

        started.WorkflowRunTimeout = Times.Shorter(started.WorkflowRunTimeout, started.WorkflowExecutionTimeout);
        started.WorkflowExecutionExpirationTime ??= now.Stamp().Plus(started.WorkflowExecutionTimeout)?.Stamp();
        started.OriginalExecutionRunId = runId;
        started.FirstExecutionRunId = started.FirstExecutionRunId.Length == 0 ? runId : started.FirstExecutionRunId;
        started.Attempt = Math.Max(1, started.Attempt);
        started.RootWorkflowExecution ??= new WorkflowExecution { WorkflowId = started.WorkflowId, RunId = runId };
        var machine = new WorkflowMachine(NewState(ns, runId, started, startRequestId, userMetadata, now), newId);
        var e = NewEvent(EventType.WorkflowExecutionStarted, now);
        e.WorkflowExecutionStartedEventAttributes = started;
        e.UserMetadata = userMetadata;
        machine.Append(e);
        return machine;
    }

    /// <summary>Schedules the first workflow task, unless the start was delayed.</summary>
    public void ScheduleFirstTask(DateTimeOffset now)
    {
        if (IsRunning && State.FirstTaskAt is { } at && at.ToDateTimeOffset() <= now)
        {
            State.FirstTaskAt = null;
            EnsureWorkflowTask(now);
        }
    }

    /// <summary>Records a signal; a request id seen before changes nothing.</summary>
    public void Signal(WorkflowExecutionSignaledEventAttributes signal, string requestId, DateTimeOffset now)
    {
        if (!RememberSignal(requestId))
        {
            return;
        }

        State.Transitions++;
        State.SignalCount++;
        var e = NewEvent(EventType.WorkflowExecutionSignaled, now);
        signal.RequestId = requestId;
        e.WorkflowExecutionSignaledEventAttributes = signal;
        FromOutside(e, now);
    }

    /// <summary>Another signal-with-start ends the pause of a delayed start, as a plain signal does not; the pauses of retry and cron it waits out with the run.</summary>
    public void EndStartDelay(DateTimeOffset now)
    {
        if (State.FirstTaskAt is not null && State.Initiator == ContinueAsNewInitiator.Unspecified && State.CronSchedule.Length == 0)
        {
            State.FirstTaskAt = now.Stamp();
            ScheduleFirstTask(now);
        }
    }

    /// <summary>Records a request to cancel; only the first counts.</summary>
    public void RequestCancel(WorkflowExecutionCancelRequestedEventAttributes request, string requestId, DateTimeOffset now)
    {
        if (State.CancelRequested)
        {
            return;
        }

        State.CancelRequested = true;
        State.CancelRequestId = requestId;
        State.Transitions++;
        var e = NewEvent(EventType.WorkflowExecutionCancelRequested, now);
        e.WorkflowExecutionCancelRequestedEventAttributes = request;
        FromOutside(e, now);
    }

    /// <summary>Describes the run as lists and describe show it.</summary>
    public WorkflowExecutionInfo Describe()
    {
        var info = new WorkflowExecutionInfo
        {
            Execution = new WorkflowExecution { WorkflowId = State.WorkflowId, RunId = State.RunId },
            Type = State.WorkflowType,
            StartTime = State.StartTime,
            CloseTime = State.CloseTime,
            Status = State.Status,
            HistoryLength = LastEventId,
            ExecutionTime = State.ExecutionTime,
            Memo = State.Memo,
            SearchAttributes = State.SearchAttributes,
            TaskQueue = State.TaskQueue,
            StateTransitionCount = State.Transitions,
            HistorySizeBytes = State.HistoryBytes,
            RootExecution = State.Root,
            FirstRunId = State.FirstRunId,
            ParentExecution = State.Parent?.Execution,
            Priority = State.Priority,
        };
        if (State.CloseTime is { } closed)
        {
            info.ExecutionDuration = Duration.FromTimeSpan(closed.ToDateTimeOffset() - State.ExecutionTime.ToDateTimeOffset());
        }

        return info.Clone();
    }

    /// <summary>Notes a signal's request id; false when it was noted before.</summary>
    private bool RememberSignal(string requestId)
    {
        if (requestId.Length == 0)
        {
            return true;
        }

        if (State.SignalRequestIds.Contains(requestId))
        {
            return false;
        }

        if (State.SignalRequestIds.Count >= MaxSignalRequestIds)
        {
            State.SignalRequestIds.RemoveAt(0);
        }

        State.SignalRequestIds.Add(requestId);
        return true;
    }

    private static ExecutionState NewState(
        string ns, string runId, WorkflowExecutionStartedEventAttributes started, string startRequestId, UserMetadata? userMetadata, DateTimeOffset now)
    {
        var backoff = started.FirstWorkflowTaskBackoff.OrZero();
        var begins = now + backoff;
        var state = new ExecutionState
        {
            Namespace = ns,
            WorkflowId = started.WorkflowId,
            RunId = runId,
            FirstRunId = started.FirstExecutionRunId,
            WorkflowType = started.WorkflowType,
            TaskQueue = started.TaskQueue.Name,
            ExecutionTimeout = started.WorkflowExecutionTimeout,
            RunTimeout = started.WorkflowRunTimeout,
            TaskTimeout = started.WorkflowTaskTimeout,
            Status = WorkflowExecutionStatus.Running,
            StartTime = now.Stamp(),
            OriginalStartTime = now.Stamp(),
            ExecutionTime = begins.Stamp(),
            RunExpires = begins.Stamp().Plus(started.WorkflowRunTimeout)?.Stamp(),
            ExecutionExpires = started.WorkflowExecutionExpirationTime,
            NextEventId = 1,
            Memo = started.Memo?.Clone() ?? new Memo(),
            SearchAttributes = new SearchAttributes(),
            RetryPolicy = started.RetryPolicy,
            Attempt = started.Attempt,
            CronSchedule = started.CronSchedule,
            Root = started.RootWorkflowExecution,
            Initiator = started.Initiator,
            StartRequestId = startRequestId,
            LastCompletionResult = started.LastCompletionResult,
            UserMetadata = userMetadata,
            Priority = started.Priority,
            FirstTaskAt = begins.Stamp(),
        };
        if (started.SearchAttributes is { } attributes)
        {
            Merge(state.SearchAttributes.IndexedFields, attributes.IndexedFields);
        }

        if (started.ParentWorkflowExecution is { } parent)
        {
            state.Parent = new ParentLink { Namespace = started.ParentWorkflowNamespace, Execution = parent, InitiatedEventId = started.ParentInitiatedEventId };
        }

        return state;
    }
}
