namespace TemporalServer.Tests.Model;

/// <summary>Workflow tasks: attempts, and the commands a worker answers with.</summary>
public sealed partial class ReferenceRun
{
    public void StartTask()
    {
        var task = Task!;
        if (task.Attempt > 1 && task.Scheduled.Id != _history.Count + 1)
        {
            // Something happened since the failed attempt: a task like any other.
            task.Attempt = 1;
            task.Scheduled = new(EventType.WorkflowTaskScheduled, Now, "attempt 1");
            Write(task.Scheduled);
        }

        task.Started = new(EventType.WorkflowTaskStarted, Now, of: task.Scheduled);
        if (task.Attempt == 1)
        {
            Write(task.Started);
        }
        else
        {
            task.Started.Id = task.Scheduled.Id + 1;
        }
    }

    public void FailTask(WorkflowTaskFailedCause cause)
    {
        var task = Task!;
        if (task.Attempt == 1)
        {
            Write(new(EventType.WorkflowTaskFailed, Now, $"{cause}", task.Scheduled, task.Started));
        }

        var pause = cause == WorkflowTaskFailedCause.UnhandledCommand
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Min(250 * Math.Pow(2, task.Attempt - 1), 30_000));
        NextAttempt(task, pause);
    }

    /// <summary>The worker's answer; null when it is taken, else why the task failed by it.</summary>
    public WorkflowTaskFailedCause? CompleteTask(IReadOnlyList<Command> commands)
    {
        var closes = commands.Any(c => Closing(c) is not null);
        WorkflowTaskFailedCause? refused =
            _buffer.Count > 0 && closes ? WorkflowTaskFailedCause.UnhandledCommand
            : commands.Any(c => c.CancelTimerCommandAttributes is { } cancel && !TimersInView.Contains(cancel.TimerId))
                ? WorkflowTaskFailedCause.BadCancelTimerAttributes
                : null;
        if (refused is { } cause)
        {
            FailTask(cause);
            return cause;
        }

        var task = Task!;
        if (task.Attempt > 1)
        {
            Write(task.Scheduled);
            Write(task.Started!);
        }

        var completed = new ModelEvent(EventType.WorkflowTaskCompleted, Now, of: task.Scheduled, started: task.Started);
        Write(completed);
        Task = null;
        var wantsTask = false;
        foreach (var command in commands)
        {
            wantsTask |= Carry(command, completed);
        }

        if (IsRunning && (Flush() || wantsTask))
        {
            ScheduleTask(1, TimeSpan.Zero);
        }

        return null;
    }

    private static (EventType Event, WorkflowExecutionStatus Status)? Closing(Command command) => command.CommandType switch
    {
        CommandType.CompleteWorkflowExecution => (EventType.WorkflowExecutionCompleted, WorkflowExecutionStatus.Completed),
        CommandType.FailWorkflowExecution => (EventType.WorkflowExecutionFailed, WorkflowExecutionStatus.Failed),
        CommandType.CancelWorkflowExecution => (EventType.WorkflowExecutionCanceled, WorkflowExecutionStatus.Canceled),
        CommandType.ContinueAsNewWorkflowExecution => (EventType.WorkflowExecutionContinuedAsNew, WorkflowExecutionStatus.ContinuedAsNew),
        _ => null,
    };

    /// <summary>Carries out one command; true when the workflow must hear of it in a further task.</summary>
    private bool Carry(Command command, ModelEvent completed)
    {
        switch (command.CommandType)
        {
            case CommandType.ScheduleActivityTask:
                var options = command.ScheduleActivityTaskCommandAttributes;
                var scheduled = new ModelEvent(EventType.ActivityTaskScheduled, Now, options.ActivityId, completed);
                Write(scheduled);
                _activities.Add(new(options, scheduled));
                return false;
            case CommandType.StartTimer:
                var timer = command.StartTimerCommandAttributes;
                var started = new ModelEvent(EventType.TimerStarted, Now, timer.TimerId, completed);
                Write(started);
                _timers.Add((timer.TimerId, started, Now + timer.StartToFireTimeout.ToTimeSpan()));
                return false;
            case CommandType.CancelTimer:
                CancelTimer(command.CancelTimerCommandAttributes.TimerId);
                return false;
            case CommandType.RequestCancelActivityTask:
                return RequestActivityCancel(command.RequestCancelActivityTaskCommandAttributes.ScheduledEventId);
            case CommandType.RecordMarker:
                Write(new(EventType.MarkerRecorded, Now, command.RecordMarkerCommandAttributes.MarkerName, completed));
                return false;
            default:
                var (type, status) = Closing(command)!.Value;
                Close(type, status);
                return false;
        }
    }

    private void CancelTimer(string id)
    {
        var started = _timers.Find(t => t.Id == id).Started;
        _timers.RemoveAll(t => t.Id == id);
        if (_buffer.Find(e => e.Type == EventType.TimerFired && e.Detail == id) is { } unseen)
        {
            // It fired, but the worker decided before it could know: it never did.
            started = unseen.Started;
            _buffer.Remove(unseen);
        }

        Write(new(EventType.TimerCanceled, Now, id, started: started));
    }

    private void TimeOutTask()
    {
        var task = Task!;
        if (task.Attempt == 1)
        {
            Write(new(EventType.WorkflowTaskTimedOut, Now, $"{TimeoutType.StartToClose}", task.Scheduled, task.Started));
        }

        NextAttempt(task, TimeSpan.Zero);
    }

    private void NextAttempt(ModelTask failed, TimeSpan pause)
    {
        Task = null;
        ScheduleTask(Flush() ? 1 : failed.Attempt + 1, pause);
    }

    private void ScheduleTask(int attempt, TimeSpan pause)
    {
        Task = new() { Attempt = attempt, Scheduled = new(EventType.WorkflowTaskScheduled, Now, $"attempt {attempt}") };
        if (attempt == 1)
        {
            Write(Task.Scheduled);
        }
        else
        {
            Task.Scheduled.Id = _history.Count + 1;
        }

        Task.VisibleAt = pause > TimeSpan.Zero ? Now + pause : null;
    }
}
