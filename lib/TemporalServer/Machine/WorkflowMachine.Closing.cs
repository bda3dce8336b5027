namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    // What the real server signs with when it ends a run on its own account.
    private const string HistoryIdentity = "history-service";

    /// <summary>Ends the run without its say.</summary>
    public void Terminate(string reason, Payloads? details, string identity, DateTimeOffset now)
    {
        Interrupt(now);
        CloseTerminated(reason, details, identity, now);
    }

    /// <summary>Ends the run because a command of its worker can never be carried out.</summary>
    private void Terminate(CommandRejectedException refused, DateTimeOffset now)
    {
        Interrupt(now, refused.Cause, FailureOf.Server(refused.Message));
        CloseTerminated($"{refused.Cause}: {refused.Message}", null, HistoryIdentity, now);
    }

    /// <summary>Fails the started task when too much waits for its end: its worker is slow, or has died.</summary>
    public void EnforceBufferLimit(DateTimeOffset now)
    {
        if (IsTaskStarted && (State.Buffered.Count > Limits.BufferedEvents || State.Buffered.Sum(e => e.CalculateSize()) > Limits.BufferedBytes))
        {
            FailWorkflowTask(now, WorkflowTaskFailedCause.ForceCloseCommand, null, HistoryIdentity);
        }
    }

    /// <summary>Ends a run whose history has outgrown what can be replayed; true when it did.</summary>
    public bool EnforceHistoryLimit(DateTimeOffset now)
    {
        var tooLarge = State.HistoryBytes > Limits.HistoryBytes;
        if (!IsRunning || (!tooLarge && LastEventId <= Limits.HistoryEvents))
        {
            return false;
        }

        Terminate(tooLarge ? "Workflow history size exceeds limit." : "Workflow history count exceeds limit.", null, HistoryIdentity, now);
        return true;
    }

    private void CloseTerminated(string reason, Payloads? details, string identity, DateTimeOffset now)
    {
        var e = NewEvent(EventType.WorkflowExecutionTerminated, now);
        e.WorkflowExecutionTerminatedEventAttributes = new WorkflowExecutionTerminatedEventAttributes { Reason = reason, Details = details, Identity = identity };
        Close(e, WorkflowExecutionStatus.Terminated, null, now);
    }

    private void TimeOutWorkflow(DateTimeOffset now, bool mayRetry)
    {
        Interrupt(now);
        var failure = FailureOf.WorkflowTimeout();
        var retry = RetryState.Timeout;
        NextRun? next = null;
        if (mayRetry)
        {
            var decision = RetryDecision.Of(State.RetryPolicy, State.Attempt, failure, now, State.ExecutionExpires?.ToDateTimeOffset());
            retry = decision.State;
            next = decision.State == RetryState.InProgress ? Retried(decision.Backoff, failure) : NextByCron(now, failure, State.LastCompletionResult);
        }

        var e = NewEvent(EventType.WorkflowExecutionTimedOut, now);
        e.WorkflowExecutionTimedOutEventAttributes = new WorkflowExecutionTimedOutEventAttributes { RetryState = retry, NewExecutionRunId = next?.RunId ?? string.Empty };
        Close(e, WorkflowExecutionStatus.TimedOut, next, now);
    }

    private void Complete(Command command, long completedId, DateTimeOffset now)
    {
        var result = command.CompleteWorkflowExecutionCommandAttributes.Result;
        RequireSize(result, WorkflowTaskFailedCause.BadCompleteWorkflowExecutionAttributes, "CompleteWorkflowExecutionCommandAttributes.Result");
        var next = NextByCron(now, null, result);
        var e = NewEvent(EventType.WorkflowExecutionCompleted, now);
        e.WorkflowExecutionCompletedEventAttributes = new WorkflowExecutionCompletedEventAttributes
        {
            Result = result,
            WorkflowTaskCompletedEventId = completedId,
            NewExecutionRunId = next?.RunId ?? string.Empty,
        };
        e.UserMetadata = command.UserMetadata;
        Close(e, WorkflowExecutionStatus.Completed, next, now);
    }

    private void Fail(Command command, long completedId, DateTimeOffset now)
    {
        var failure = command.FailWorkflowExecutionCommandAttributes.Failure;
        Require(failure is not null, WorkflowTaskFailedCause.BadFailWorkflowExecutionAttributes, "Failure is not set on the FailWorkflowExecution command");
        RequireSize(failure, WorkflowTaskFailedCause.BadFailWorkflowExecutionAttributes, "FailWorkflowExecutionCommandAttributes.Failure");
        var decision = RetryDecision.Of(State.RetryPolicy, State.Attempt, failure!, now, State.ExecutionExpires?.ToDateTimeOffset());
        var next = decision.State == RetryState.InProgress ? Retried(decision.Backoff, failure) : NextByCron(now, failure, State.LastCompletionResult);
        var e = NewEvent(EventType.WorkflowExecutionFailed, now);
        e.WorkflowExecutionFailedEventAttributes = new WorkflowExecutionFailedEventAttributes
        {
            Failure = failure,
            RetryState = decision.State,
            WorkflowTaskCompletedEventId = completedId,
            NewExecutionRunId = next?.RunId ?? string.Empty,
        };
        e.UserMetadata = command.UserMetadata;
        Close(e, WorkflowExecutionStatus.Failed, next, now);
    }

    private void Cancel(Command command, long completedId, DateTimeOffset now)
    {
        var e = NewEvent(EventType.WorkflowExecutionCanceled, now);
        e.WorkflowExecutionCanceledEventAttributes = new WorkflowExecutionCanceledEventAttributes
        {
            WorkflowTaskCompletedEventId = completedId,
            Details = command.CancelWorkflowExecutionCommandAttributes.Details,
        };
        e.UserMetadata = command.UserMetadata;
        Close(e, WorkflowExecutionStatus.Canceled, null, now);
    }

    private void ContinueAsNew(Command command, long completedId, DateTimeOffset now)
    {
        var a = command.ContinueAsNewWorkflowExecutionCommandAttributes;
        RequireSize(a.Input, WorkflowTaskFailedCause.BadContinueAsNewAttributes, "ContinueAsNewWorkflowExecutionCommandAttributes.Input");
        RequireSize(a.Memo, WorkflowTaskFailedCause.BadContinueAsNewAttributes, "ContinueAsNewWorkflowExecutionCommandAttributes.Memo");
        RequireSearchAttributes(a.SearchAttributes, WorkflowTaskFailedCause.BadContinueAsNewAttributes);
        var next = new NextRun(newId(), ContinueAsNewInitiator.Workflow, a.BackoffStartInterval.OrZero())
        {
            Command = a,
            Memo = a.Memo ?? State.Memo,
            SearchAttributes = a.SearchAttributes ?? State.SearchAttributes,
            LastResult = a.LastCompletionResult,
            ExecutionExpires = State.ExecutionExpires,
        };
        var e = NewEvent(EventType.WorkflowExecutionContinuedAsNew, now);
        e.WorkflowExecutionContinuedAsNewEventAttributes = new WorkflowExecutionContinuedAsNewEventAttributes
        {
            NewExecutionRunId = next.RunId,
            WorkflowType = a.WorkflowType?.Name is { Length: > 0 } ? a.WorkflowType : State.WorkflowType,
            TaskQueue = a.TaskQueue?.Name is { Length: > 0 } ? a.TaskQueue : new TaskQueue { Name = State.TaskQueue, Kind = TaskQueueKind.Normal },
            Input = a.Input,
            WorkflowRunTimeout = a.WorkflowRunTimeout ?? State.RunTimeout,
            WorkflowTaskTimeout = a.WorkflowTaskTimeout ?? State.TaskTimeout,
            WorkflowTaskCompletedEventId = completedId,
            BackoffStartInterval = a.BackoffStartInterval,
            Initiator = a.Initiator == ContinueAsNewInitiator.Unspecified ? ContinueAsNewInitiator.Workflow : a.Initiator,
            LastCompletionResult = a.LastCompletionResult,
            Header = a.Header,
            Memo = next.Memo,
            SearchAttributes = next.SearchAttributes,
        };
        e.UserMetadata = command.UserMetadata;
        Close(e, WorkflowExecutionStatus.ContinuedAsNew, next, now);
    }

    private NextRun Retried(TimeSpan backoff, Failure? failure) => new(newId(), ContinueAsNewInitiator.Retry, backoff)
    {
        Attempt = State.Attempt + 1,
        Failure = failure,
        LastResult = State.LastCompletionResult,
        Memo = State.Memo,
        SearchAttributes = State.SearchAttributes,
        ExecutionExpires = State.ExecutionExpires,
    };

    private NextRun? NextByCron(DateTimeOffset now, Failure? failure, Payloads? lastResult)
    {
        if (State.CronSchedule.Length == 0
            || !CronExpression.TryParse(State.CronSchedule, out var cron, out _)
            || cron.Next(now) is not { } at
            || (State.ExecutionExpires is { } expires && at > expires.ToDateTimeOffset()))
        {
            return null;
        }

        return new NextRun(newId(), ContinueAsNewInitiator.CronSchedule, at - now)
        {
            Failure = failure,
            LastResult = lastResult,
            Memo = State.Memo,
            SearchAttributes = State.SearchAttributes,
            ExecutionExpires = State.ExecutionExpires,
        };
    }

    /// <summary>Takes a started task away from its worker, and writes what was buffered, before the run is closed from outside.</summary>
    private void Interrupt(DateTimeOffset now, WorkflowTaskFailedCause cause = WorkflowTaskFailedCause.ForceCloseCommand, Failure? failure = null)
    {
        if (State.Task is { StartedEventId: > 0, Attempt: 1 } task)
        {
            var e = NewEvent(EventType.WorkflowTaskFailed, now);
            e.WorkflowTaskFailedEventAttributes = new WorkflowTaskFailedEventAttributes
            {
                ScheduledEventId = task.ScheduledEventId,
                StartedEventId = task.StartedEventId,
                Cause = cause,
                Failure = failure,
            };
            Append(e);
        }

        State.Task = null;
        FlushBuffer();
    }

    private void Close(HistoryEvent e, WorkflowExecutionStatus status, NextRun? next, DateTimeOffset now)
    {
        Append(e);
        State.Status = status;
        State.CloseTime = now.Stamp();
        State.NewRunId = next?.RunId ?? string.Empty;
        State.Task = null;
        State.FirstTaskAt = null;
        State.Transitions++;
        ClearSticky();
        var children = State.Children.Values.OrderBy(c => c.InitiatedEventId).ToList();
        State.Children.Clear();
        State.Activities.Clear();
        State.Timers.Clear();
        State.Buffered.Clear();
        AbortUpdates();
        _effects.Add(new Effect.Closed(e, next, children));
    }
}
