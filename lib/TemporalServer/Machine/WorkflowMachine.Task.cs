namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    private static readonly TimeSpan TaskRetryFirst = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TaskRetryCap = TimeSpan.FromSeconds(30);

    /// <summary>Makes sure that a workflow task is pending.</summary>
    public void EnsureWorkflowTask(DateTimeOffset now)
    {
        if (IsRunning && State.Task is null && State.FirstTaskAt is null)
        {
            ScheduleWorkflowTask(now, attempt: 1, TimeSpan.Zero);
        }
    }

    /// <summary>Hands the pending task to a worker. Attempt 1 writes its events now; a later one only when it succeeds.</summary>
    public WorkflowTaskState StartWorkflowTask(DateTimeOffset now, string identity, string requestId)
    {
        var task = State.Task;
        if (task.Attempt > 1 && task.ScheduledEventId != State.NextEventId)
        {
            // Events came in since the failed attempt: this is a normal task again.
            task.Attempt = 1;
            WriteScheduled(task, now);
        }

        task.StartedTime = now.Stamp();
        task.VisibleAt = null;
        task.Identity = identity;
        task.RequestId = requestId;
        task.SuggestContinueAsNew = State.NextEventId > Limits.SuggestEvents || State.HistoryBytes > Limits.SuggestBytes;
        if (task.Attempt == 1)
        {
            task.StartedEventId = Append(StartedEvent(task)).EventId;
        }
        else
        {
            task.StartedEventId = task.ScheduledEventId + 1;
        }

        return task;
    }

    /// <summary>The scheduled and started events of a later attempt, which are shown to its worker before they are written.</summary>
    public IEnumerable<HistoryEvent> TransientEvents()
    {
        if (State.Task is not { Attempt: > 1, StartedEventId: > 0 } task)
        {
            return [];
        }

        var scheduled = ScheduledEvent(task);
        scheduled.EventId = task.ScheduledEventId;
        var started = StartedEvent(task);
        started.EventId = task.StartedEventId;
        return [scheduled, started];
    }

    /// <summary>Fails the started task and schedules the next attempt.</summary>
    public void FailWorkflowTask(DateTimeOffset now, WorkflowTaskFailedCause cause, Failure? failure, string identity)
    {
        var task = State.Task;
        State.Transitions++;
        if (task.Attempt == 1)
        {
            var e = NewEvent(EventType.WorkflowTaskFailed, now);
            e.WorkflowTaskFailedEventAttributes = new WorkflowTaskFailedEventAttributes
            {
                ScheduledEventId = task.ScheduledEventId,
                StartedEventId = task.StartedEventId,
                Cause = cause,
                Failure = failure,
                Identity = identity,
            };
            Append(e);
        }

        // Work that was refused because the workflow had not seen everything is simply done again, at once.
        var again = cause is WorkflowTaskFailedCause.UnhandledCommand or WorkflowTaskFailedCause.ResetStickyTaskQueue or WorkflowTaskFailedCause.ForceCloseCommand;
        var attempt = task.Attempt + 1;
        var backoff = again ? TimeSpan.Zero : TaskBackoff(task.Attempt);
        NextAttempt(now, attempt, backoff);
    }

    /// <summary>The worker took longer than the task timeout.</summary>
    public void TimeOutStartedTask(DateTimeOffset now) => EndStartedTask(now, State.Task.Attempt + 1);

    /// <summary>
    /// The task never reached its worker. It comes after the first, for that one's start is in the history; beyond that it is not counted,
    /// because a task of many attempts is taken for one that fails, and queries are refused for it.
    /// </summary>
    public void ReturnStartedTask(DateTimeOffset now) => EndStartedTask(now, Math.Max(State.Task.Attempt, 2));

    private void EndStartedTask(DateTimeOffset now, int nextAttempt)
    {
        var task = State.Task;
        State.Transitions++;
        if (task.Attempt == 1)
        {
            Append(TimedOutEvent(task, TimeoutType.StartToClose, now));
        }

        NextAttempt(now, nextAttempt, TimeSpan.Zero);
    }

    /// <summary>The sticky worker did not take the task in time: any worker may, on the same attempt.</summary>
    public void TimeOutStickyTask(DateTimeOffset now)
    {
        var task = State.Task;
        State.Transitions++;
        ClearSticky();
        if (task.Attempt == 1)
        {
            Append(TimedOutEvent(task, TimeoutType.ScheduleToStart, now));
        }

        State.Task = null;
        ScheduleWorkflowTask(now, task.Attempt, TimeSpan.Zero);
    }

    /// <summary>Forgets the sticky worker.</summary>
    public void ClearSticky()
    {
        State.StickyQueue = string.Empty;
        State.StickyTimeout = null;
    }

    /// <summary>Moves an unstarted task to the normal queue without an event: nobody polls the sticky one.</summary>
    public void LeaveStickyQueue()
    {
        ClearSticky();
        if (State.Task is { StartedEventId: 0 } task)
        {
            task.Sticky = false;
        }
    }

    private static TimeSpan TaskBackoff(int failedAttempt)
    {
        var factor = Math.Pow(2, Math.Min(failedAttempt - 1, 20));
        return TaskRetryFirst * factor < TaskRetryCap ? TaskRetryFirst * factor : TaskRetryCap;
    }

    private void NextAttempt(DateTimeOffset now, int attempt, TimeSpan backoff)
    {
        State.Task = null;
        ClearSticky();

        // What came in meanwhile makes a normal task of the next attempt.
        if (FlushBuffer())
        {
            attempt = 1;
        }

        ScheduleWorkflowTask(now, attempt, backoff);
    }

    private void ScheduleWorkflowTask(DateTimeOffset now, int attempt, TimeSpan backoff)
    {
        var task = new WorkflowTaskState
        {
            Attempt = attempt,
            Timeout = State.TaskTimeout,
            Sticky = State.StickyQueue.Length > 0 && attempt == 1,
            Stamp = ++State.Stamp,
        };
        State.Task = task;
        if (attempt == 1)
        {
            WriteScheduled(task, now);
        }
        else
        {
            task.ScheduledEventId = State.NextEventId;
            task.ScheduledTime = now.Stamp();
        }

        task.OriginalScheduledTime = task.ScheduledTime;
        if (backoff > TimeSpan.Zero)
        {
            task.VisibleAt = (now + backoff).Stamp();
        }
        else
        {
            _effects.Add(new Effect.OfferWorkflowTask());
        }
    }

    private void WriteScheduled(WorkflowTaskState task, DateTimeOffset now)
    {
        task.ScheduledTime = now.Stamp();
        task.ScheduledEventId = Append(ScheduledEvent(task)).EventId;
    }

    private HistoryEvent ScheduledEvent(WorkflowTaskState task)
    {
        var e = new HistoryEvent { EventType = EventType.WorkflowTaskScheduled, EventTime = task.ScheduledTime };
        e.WorkflowTaskScheduledEventAttributes = new WorkflowTaskScheduledEventAttributes
        {
            TaskQueue = task.Sticky
                ? new TaskQueue { Name = State.StickyQueue, Kind = TaskQueueKind.Sticky, NormalName = State.TaskQueue }
                : new TaskQueue { Name = State.TaskQueue, Kind = TaskQueueKind.Normal },
            StartToCloseTimeout = task.Timeout,
            Attempt = task.Attempt,
        };
        return e;
    }

    private HistoryEvent StartedEvent(WorkflowTaskState task)
    {
        var e = new HistoryEvent { EventType = EventType.WorkflowTaskStarted, EventTime = task.StartedTime };
        e.WorkflowTaskStartedEventAttributes = new WorkflowTaskStartedEventAttributes
        {
            ScheduledEventId = task.ScheduledEventId,
            Identity = task.Identity,
            RequestId = task.RequestId,
            SuggestContinueAsNew = task.SuggestContinueAsNew,
            HistorySizeBytes = State.HistoryBytes,
        };
        return e;
    }

    private static HistoryEvent TimedOutEvent(WorkflowTaskState task, TimeoutType type, DateTimeOffset now)
    {
        var e = NewEvent(EventType.WorkflowTaskTimedOut, now);
        e.WorkflowTaskTimedOutEventAttributes = new WorkflowTaskTimedOutEventAttributes
        {
            ScheduledEventId = task.ScheduledEventId,
            StartedEventId = task.StartedEventId,
            TimeoutType = type,
        };
        return e;
    }
}
