using Google.Protobuf;

namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>Begins a run as a copy of the beginning of another one's history; its timeouts start over.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="runId">The id of the new run.</param>
    /// <param name="events">The events to copy, from the first on.</param>
    /// <param name="origin">The run they are of.</param>
    /// <param name="now">The time.</param>
    /// <param name="newId">Makes ids of further runs.</param>
    public static WorkflowMachine Rebuild(
        string ns, string runId, IEnumerable<HistoryEvent> events, ExecutionState origin, DateTimeOffset now, Func<string> newId)
    {
        WorkflowMachine? machine = null;
        foreach (var e in events)
        {
            if (machine is null)
            {
                var state = NewState(ns, runId, e.WorkflowExecutionStartedEventAttributes.Clone(), origin.StartRequestId, e.UserMetadata, now);
                state.ExecutionTime = origin.ExecutionTime;
                state.OriginalStartTime = origin.OriginalStartTime;
                state.RunExpires = state.StartTime.Plus(state.RunTimeout)?.Stamp();
                state.ExecutionExpires = state.StartTime.Plus(state.ExecutionTimeout)?.Stamp();

                // It has begun already; what is due is a workflow task, once all that led here is in place.
                state.FirstTaskAt = state.StartTime;
                machine = new WorkflowMachine(state, newId);
            }

            machine.Record(e.Clone());
        }

        machine!._lastCopied = machine.LastEventId;
        return machine;
    }

    /// <summary>Writes an event and follows it, rather than doing what leads to it.</summary>
    private void Record(HistoryEvent e)
    {
        Append(e);
        Follow(e);
    }

    /// <summary>What an event of a history makes of the state.</summary>
    private void Follow(HistoryEvent e)
    {
        switch (e.EventType)
        {
            case EventType.WorkflowTaskScheduled:
                var scheduled = e.WorkflowTaskScheduledEventAttributes;
                State.Task = new WorkflowTaskState
                {
                    ScheduledEventId = e.EventId,
                    Attempt = scheduled.Attempt,
                    ScheduledTime = e.EventTime,
                    OriginalScheduledTime = e.EventTime,
                    Timeout = scheduled.StartToCloseTimeout,
                    Stamp = ++State.Stamp,
                };
                break;
            case EventType.WorkflowTaskStarted:
                State.Task.StartedEventId = e.EventId;
                break;
            case EventType.WorkflowTaskCompleted:
                State.PreviousStartedEventId = e.WorkflowTaskCompletedEventAttributes.StartedEventId;
                State.Task = null;
                break;
            case EventType.WorkflowTaskFailed:
            case EventType.WorkflowTaskTimedOut:
                State.Task = null;
                break;
            case EventType.ActivityTaskScheduled:
                State.Activities[e.EventId] = NewActivity(e);
                break;
            case EventType.ActivityTaskStarted:
                State.Activities[e.ActivityTaskStartedEventAttributes.ScheduledEventId].StartedTime = e.EventTime;
                break;
            case EventType.ActivityTaskCancelRequested:
                if (State.Activities.TryGetValue(e.ActivityTaskCancelRequestedEventAttributes.ScheduledEventId, out var cancelled))
                {
                    cancelled.CancelRequestedEventId = e.EventId;
                }

                break;
            case EventType.ActivityTaskCompleted:
            case EventType.ActivityTaskFailed:
            case EventType.ActivityTaskTimedOut:
            case EventType.ActivityTaskCanceled:
                State.Activities.Remove(Id(e, "scheduled_event_id"));
                break;
            case EventType.TimerStarted:
                State.Timers[e.TimerStartedEventAttributes.TimerId] = NewTimer(e);
                break;
            case EventType.TimerFired:
                State.Timers.Remove(e.TimerFiredEventAttributes.TimerId);
                break;
            case EventType.TimerCanceled:
                State.Timers.Remove(e.TimerCanceledEventAttributes.TimerId);
                break;
            case EventType.StartChildWorkflowExecutionInitiated:
                State.Children[e.EventId] = NewChild(e);
                break;
            case EventType.ChildWorkflowExecutionStarted:
                var child = State.Children[e.ChildWorkflowExecutionStartedEventAttributes.InitiatedEventId];
                child.RunId = e.ChildWorkflowExecutionStartedEventAttributes.WorkflowExecution.RunId;
                child.StartedEventId = e.EventId;
                break;
            case EventType.StartChildWorkflowExecutionFailed:
            case EventType.ChildWorkflowExecutionCompleted:
            case EventType.ChildWorkflowExecutionFailed:
            case EventType.ChildWorkflowExecutionTimedOut:
            case EventType.ChildWorkflowExecutionCanceled:
            case EventType.ChildWorkflowExecutionTerminated:
                State.Children.Remove(Id(e, "initiated_event_id"));
                break;
            case EventType.WorkflowExecutionSignaled:
                RememberSignal(e.WorkflowExecutionSignaledEventAttributes.RequestId);
                State.SignalCount++;
                break;
            case EventType.WorkflowExecutionCancelRequested:
                State.CancelRequested = true;
                break;
            case EventType.UpsertWorkflowSearchAttributes:
                Merge(State.SearchAttributes.IndexedFields, e.UpsertWorkflowSearchAttributesEventAttributes.SearchAttributes.IndexedFields);
                break;
            case EventType.WorkflowPropertiesModified:
                Merge(State.Memo.Fields, e.WorkflowPropertiesModifiedEventAttributes.UpsertedMemo.Fields);
                break;
            case EventType.WorkflowExecutionUpdateAdmitted:
                var admitted = e.WorkflowExecutionUpdateAdmittedEventAttributes.Request;
                State.Updates[admitted.Meta.UpdateId] = new UpdateState { AdmittedEventId = e.EventId, Name = admitted.Input.Name };
                break;
            case EventType.WorkflowExecutionUpdateAccepted:
                var accepted = e.WorkflowExecutionUpdateAcceptedEventAttributes;
                var update = State.Updates.TryGetValue(accepted.ProtocolInstanceId, out var known) ? known : new UpdateState { Name = accepted.AcceptedRequest.Input.Name };
                update.AcceptedEventId = e.EventId;
                State.Updates[accepted.ProtocolInstanceId] = update;
                break;
            case EventType.WorkflowExecutionUpdateCompleted:
                var completed = e.WorkflowExecutionUpdateCompletedEventAttributes;
                State.Updates[completed.Meta.UpdateId].CompletedEventId = e.EventId;
                State.Updates[completed.Meta.UpdateId].Outcome = completed.Outcome;
                break;
        }
    }

    private ActivityState NewActivity(HistoryEvent e)
    {
        var a = e.ActivityTaskScheduledEventAttributes;
        return new ActivityState
        {
            ScheduledEventId = e.EventId,
            ActivityId = a.ActivityId,
            ActivityType = a.ActivityType.Name,
            TaskQueue = a.TaskQueue.Name,
            ScheduleToClose = a.ScheduleToCloseTimeout,
            ScheduleToStart = a.ScheduleToStartTimeout,
            StartToClose = a.StartToCloseTimeout,
            Heartbeat = a.HeartbeatTimeout,
            RetryPolicy = a.RetryPolicy,
            Attempt = 1,
            ScheduledTime = e.EventTime,
            AttemptScheduledTime = e.EventTime,
            Stamp = ++State.Stamp,
            Priority = a.Priority,
        };
    }

    private static TimerState NewTimer(HistoryEvent e) => new()
    {
        TimerId = e.TimerStartedEventAttributes.TimerId,
        StartedEventId = e.EventId,
        FiresAt = (e.EventTime.ToDateTimeOffset() + e.TimerStartedEventAttributes.StartToFireTimeout.OrZero()).Stamp(),
    };

    private static ChildState NewChild(HistoryEvent e)
    {
        var a = e.StartChildWorkflowExecutionInitiatedEventAttributes;
        return new ChildState
        {
            InitiatedEventId = e.EventId,
            Namespace = a.Namespace,
            WorkflowId = a.WorkflowId,
            WorkflowType = a.WorkflowType.Name,
            ParentClosePolicy = a.ParentClosePolicy,
        };
    }

    /// <summary>The attributes of an event, whatever its type.</summary>
    private static IMessage AttributesOf(HistoryEvent e) => (IMessage)HistoryEvent.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(e)!.Accessor.GetValue(e);

    /// <summary>An event id in the attributes of an event, by the name of its field; 0 when there is no such field.</summary>
    private static long Id(HistoryEvent e, string field)
    {
        var attributes = AttributesOf(e);
        return attributes.Descriptor.FindFieldByName(field) is { } found ? (long)found.Accessor.GetValue(attributes) : 0;
    }
}
