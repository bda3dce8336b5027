#pragma warning disable CS0612 // Control and Namespace: the protocol calls them deprecated, but clients may still send them, and then read them in events.
namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>The child exists: its start is written, and only after that its first task may be scheduled.</summary>
    public void ChildStarted(long initiatedEventId, string runId, Header? header, DateTimeOffset now)
    {
        if (!IsRunning || !State.Children.TryGetValue(initiatedEventId, out var child))
        {
            return;
        }

        child.RunId = runId;
        var e = NewEvent(EventType.ChildWorkflowExecutionStarted, now);
        e.ChildWorkflowExecutionStartedEventAttributes = new ChildWorkflowExecutionStartedEventAttributes
        {
            Namespace = child.Namespace,
            InitiatedEventId = initiatedEventId,
            WorkflowExecution = new WorkflowExecution { WorkflowId = child.WorkflowId, RunId = runId },
            WorkflowType = new WorkflowType { Name = child.WorkflowType },
            Header = header,
        };
        FromOutside(e, now);
        child.StartedEventId = e.EventId;
    }

    /// <summary>The child could not be started.</summary>
    public void ChildStartFailed(
        long initiatedEventId, StartChildWorkflowExecutionInitiatedEventAttributes initiated, StartChildWorkflowExecutionFailedCause cause, DateTimeOffset now)
    {
        if (!IsRunning)
        {
            return;
        }

        State.Children.Remove(initiatedEventId);
        var e = NewEvent(EventType.StartChildWorkflowExecutionFailed, now);
        e.StartChildWorkflowExecutionFailedEventAttributes = new StartChildWorkflowExecutionFailedEventAttributes
        {
            Namespace = initiated.Namespace,
            WorkflowId = initiated.WorkflowId,
            WorkflowType = initiated.WorkflowType,
            Cause = cause,
            Control = initiated.Control,
            InitiatedEventId = initiatedEventId,
            WorkflowTaskCompletedEventId = initiated.WorkflowTaskCompletedEventId,
        };
        FromOutside(e, now);
    }

    /// <summary>A child closed for good.</summary>
    public void ChildClosed(long initiatedEventId, WorkflowExecution execution, HistoryEvent close, DateTimeOffset now)
    {
        if (!IsRunning || !State.Children.TryGetValue(initiatedEventId, out var child))
        {
            return;
        }

        State.Children.Remove(initiatedEventId);
        State.Transitions++;
        var type = new WorkflowType { Name = child.WorkflowType };
        var e = NewEvent(EventType.Unspecified, now);
        switch (close.EventType)
        {
            case EventType.WorkflowExecutionCompleted:
                e.EventType = EventType.ChildWorkflowExecutionCompleted;
                e.ChildWorkflowExecutionCompletedEventAttributes = new ChildWorkflowExecutionCompletedEventAttributes
                {
                    Result = close.WorkflowExecutionCompletedEventAttributes.Result,
                    Namespace = child.Namespace,
                    WorkflowExecution = execution,
                    WorkflowType = type,
                    InitiatedEventId = initiatedEventId,
                    StartedEventId = child.StartedEventId,
                };
                break;
            case EventType.WorkflowExecutionFailed:
                e.EventType = EventType.ChildWorkflowExecutionFailed;
                e.ChildWorkflowExecutionFailedEventAttributes = new ChildWorkflowExecutionFailedEventAttributes
                {
                    Failure = close.WorkflowExecutionFailedEventAttributes.Failure,
                    Namespace = child.Namespace,
                    WorkflowExecution = execution,
                    WorkflowType = type,
                    InitiatedEventId = initiatedEventId,
                    StartedEventId = child.StartedEventId,
                    RetryState = close.WorkflowExecutionFailedEventAttributes.RetryState,
                };
                break;
            case EventType.WorkflowExecutionCanceled:
                e.EventType = EventType.ChildWorkflowExecutionCanceled;
                e.ChildWorkflowExecutionCanceledEventAttributes = new ChildWorkflowExecutionCanceledEventAttributes
                {
                    Details = close.WorkflowExecutionCanceledEventAttributes.Details,
                    Namespace = child.Namespace,
                    WorkflowExecution = execution,
                    WorkflowType = type,
                    InitiatedEventId = initiatedEventId,
                    StartedEventId = child.StartedEventId,
                };
                break;
            case EventType.WorkflowExecutionTimedOut:
                e.EventType = EventType.ChildWorkflowExecutionTimedOut;
                e.ChildWorkflowExecutionTimedOutEventAttributes = new ChildWorkflowExecutionTimedOutEventAttributes
                {
                    Namespace = child.Namespace,
                    WorkflowExecution = execution,
                    WorkflowType = type,
                    InitiatedEventId = initiatedEventId,
                    StartedEventId = child.StartedEventId,
                    RetryState = close.WorkflowExecutionTimedOutEventAttributes.RetryState,
                };
                break;
            default:
                e.EventType = EventType.ChildWorkflowExecutionTerminated;
                e.ChildWorkflowExecutionTerminatedEventAttributes = new ChildWorkflowExecutionTerminatedEventAttributes
                {
                    Namespace = child.Namespace,
                    WorkflowExecution = execution,
                    WorkflowType = type,
                    InitiatedEventId = initiatedEventId,
                    StartedEventId = child.StartedEventId,
                };
                break;
        }

        FromOutside(e, now);
    }

    /// <summary>How a signal to another execution went; null means it arrived.</summary>
    public void ExternalSignalResult(
        long initiatedEventId, SignalExternalWorkflowExecutionInitiatedEventAttributes initiated, SignalExternalWorkflowExecutionFailedCause? failure, DateTimeOffset now)
    {
        if (!IsRunning)
        {
            return;
        }

        HistoryEvent e;
        if (failure is { } cause)
        {
            e = NewEvent(EventType.SignalExternalWorkflowExecutionFailed, now);
            e.SignalExternalWorkflowExecutionFailedEventAttributes = new SignalExternalWorkflowExecutionFailedEventAttributes
            {
                Cause = cause,
                WorkflowTaskCompletedEventId = initiated.WorkflowTaskCompletedEventId,
                Namespace = initiated.Namespace,
                WorkflowExecution = initiated.WorkflowExecution,
                InitiatedEventId = initiatedEventId,
                Control = initiated.Control,
            };
        }
        else
        {
            e = NewEvent(EventType.ExternalWorkflowExecutionSignaled, now);
            e.ExternalWorkflowExecutionSignaledEventAttributes = new ExternalWorkflowExecutionSignaledEventAttributes
            {
                InitiatedEventId = initiatedEventId,
                Namespace = initiated.Namespace,
                WorkflowExecution = initiated.WorkflowExecution,
                Control = initiated.Control,
            };
        }

        FromOutside(e, now);
    }

    /// <summary>How a request to cancel another execution went; null means it arrived.</summary>
    public void ExternalCancelResult(
        long initiatedEventId,
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes initiated,
        CancelExternalWorkflowExecutionFailedCause? failure,
        DateTimeOffset now)
    {
        if (!IsRunning)
        {
            return;
        }

        HistoryEvent e;
        if (failure is { } cause)
        {
            e = NewEvent(EventType.RequestCancelExternalWorkflowExecutionFailed, now);
            e.RequestCancelExternalWorkflowExecutionFailedEventAttributes = new RequestCancelExternalWorkflowExecutionFailedEventAttributes
            {
                Cause = cause,
                WorkflowTaskCompletedEventId = initiated.WorkflowTaskCompletedEventId,
                Namespace = initiated.Namespace,
                WorkflowExecution = initiated.WorkflowExecution,
                InitiatedEventId = initiatedEventId,
                Control = initiated.Control,
            };
        }
        else
        {
            e = NewEvent(EventType.ExternalWorkflowExecutionCancelRequested, now);
            e.ExternalWorkflowExecutionCancelRequestedEventAttributes = new ExternalWorkflowExecutionCancelRequestedEventAttributes
            {
                InitiatedEventId = initiatedEventId,
                Namespace = initiated.Namespace,
                WorkflowExecution = initiated.WorkflowExecution,
            };
        }

        FromOutside(e, now);
    }

    private void InitiateChild(Command command, long completedId, DateTimeOffset now)
    {
        const WorkflowTaskFailedCause Bad = WorkflowTaskFailedCause.BadStartChildExecutionAttributes;
        var a = command.StartChildWorkflowExecutionCommandAttributes;
        Require(a.WorkflowId.Length > 0, Bad, "WorkflowId is not set on the StartChildWorkflowExecution command");
        Require(a.WorkflowType?.Name is { Length: > 0 }, Bad, $"WorkflowType is not set on the StartChildWorkflowExecution command, child '{a.WorkflowId}'");
        Require(a.WorkflowId.Length <= Limits.IdLength, Bad, "WorkflowId on the StartChildWorkflowExecution command exceeds the length limit");
        Require(a.WorkflowType!.Name.Length <= Limits.IdLength, Bad, "WorkflowType on the StartChildWorkflowExecution command exceeds the length limit");
        Require(RetryDecision.Problem(a.RetryPolicy) is null, Bad, $"child '{a.WorkflowId}': {RetryDecision.Problem(a.RetryPolicy)}");
        RequireSize(a.Input, Bad, "StartChildWorkflowExecutionCommandAttributes.Input");
        RequireSize(a.Memo, Bad, "StartChildWorkflowExecutionCommandAttributes.Memo");
        RequireSearchAttributes(a.SearchAttributes, Bad);
        RequirePending(State.Children.Count, WorkflowTaskFailedCause.PendingChildWorkflowsLimitExceeded, "pending child workflow executions");
        var attributes = new StartChildWorkflowExecutionInitiatedEventAttributes
        {
            Namespace = a.Namespace.Length > 0 ? a.Namespace : State.Namespace,
            WorkflowId = a.WorkflowId,
            WorkflowType = a.WorkflowType,
            TaskQueue = new TaskQueue { Name = a.TaskQueue?.Name is { Length: > 0 } named ? named : State.TaskQueue, Kind = TaskQueueKind.Normal },
            Input = a.Input,
            WorkflowExecutionTimeout = a.WorkflowExecutionTimeout,
            WorkflowRunTimeout = a.WorkflowRunTimeout,
            WorkflowTaskTimeout = a.WorkflowTaskTimeout.IsSet() ? a.WorkflowTaskTimeout : DefaultTaskTimeout.Span(),
            ParentClosePolicy = a.ParentClosePolicy == ParentClosePolicy.Unspecified ? ParentClosePolicy.Terminate : a.ParentClosePolicy,
            Control = a.Control,
            WorkflowTaskCompletedEventId = completedId,
            WorkflowIdReusePolicy = a.WorkflowIdReusePolicy,
            RetryPolicy = a.RetryPolicy is null ? null : RetryDecision.Complete(a.RetryPolicy),
            CronSchedule = a.CronSchedule,
            Header = a.Header,
            Memo = a.Memo,
            SearchAttributes = a.SearchAttributes,
            Priority = a.Priority,
        };
        var e = NewEvent(EventType.StartChildWorkflowExecutionInitiated, now);
        e.StartChildWorkflowExecutionInitiatedEventAttributes = attributes;
        e.UserMetadata = command.UserMetadata;
        var id = Append(e).EventId;
        State.Children[id] = NewChild(e);
        _effects.Add(new Effect.StartChild(id, attributes, command.UserMetadata));
    }

    private void InitiateSignal(Command command, long completedId, DateTimeOffset now)
    {
        const WorkflowTaskFailedCause Bad = WorkflowTaskFailedCause.BadSignalWorkflowExecutionAttributes;
        var a = command.SignalExternalWorkflowExecutionCommandAttributes;
        Require(a.Execution?.WorkflowId is { Length: > 0 }, Bad, "WorkflowId is not set on the SignalExternalWorkflowExecution command");
        Require(a.SignalName.Length > 0, Bad, "SignalName is not set on the SignalExternalWorkflowExecution command");
        RequireSize(a.Input, Bad, "SignalExternalWorkflowExecutionCommandAttributes.Input");
        var attributes = new SignalExternalWorkflowExecutionInitiatedEventAttributes
        {
            WorkflowTaskCompletedEventId = completedId,
            Namespace = a.Namespace.Length > 0 ? a.Namespace : State.Namespace,
            WorkflowExecution = a.Execution,
            SignalName = a.SignalName,
            Input = a.Input,
            Control = a.Control,
            ChildWorkflowOnly = a.ChildWorkflowOnly,
            Header = a.Header,
        };
        var e = NewEvent(EventType.SignalExternalWorkflowExecutionInitiated, now);
        e.SignalExternalWorkflowExecutionInitiatedEventAttributes = attributes;
        e.UserMetadata = command.UserMetadata;
        _effects.Add(new Effect.SignalExternal(Append(e).EventId, attributes));
    }

    private void InitiateCancel(Command command, long completedId, DateTimeOffset now)
    {
        var a = command.RequestCancelExternalWorkflowExecutionCommandAttributes;
        Require(
            a.WorkflowId.Length > 0,
            WorkflowTaskFailedCause.BadRequestCancelExternalWorkflowExecutionAttributes,
            "WorkflowId is not set on the RequestCancelExternalWorkflowExecution command");
        var attributes = new RequestCancelExternalWorkflowExecutionInitiatedEventAttributes
        {
            WorkflowTaskCompletedEventId = completedId,
            Namespace = a.Namespace.Length > 0 ? a.Namespace : State.Namespace,
            WorkflowExecution = new WorkflowExecution { WorkflowId = a.WorkflowId, RunId = a.RunId },
            Control = a.Control,
            ChildWorkflowOnly = a.ChildWorkflowOnly,
            Reason = a.Reason,
        };
        var e = NewEvent(EventType.RequestCancelExternalWorkflowExecutionInitiated, now);
        e.RequestCancelExternalWorkflowExecutionInitiatedEventAttributes = attributes;
        e.UserMetadata = command.UserMetadata;
        _effects.Add(new Effect.CancelExternal(Append(e).EventId, attributes));
    }
}
