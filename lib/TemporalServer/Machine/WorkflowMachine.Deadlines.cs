namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>The earliest time at which something is due; null when nothing is.</summary>
    public DateTimeOffset? NextDeadline()
    {
        DateTimeOffset? first = null;
        foreach (var (due, _) in Deadlines())
        {
            if (first is null || due < first)
            {
                first = due;
            }
        }

        return first;
    }

    /// <summary>Carries out, in order of time, everything due.</summary>
    public void FireDue(DateTimeOffset now)
    {
        while (IsRunning)
        {
            (DateTimeOffset Due, Action<DateTimeOffset> Fire)? first = null;
            foreach (var deadline in Deadlines())
            {
                if (deadline.Due <= now && (first is null || deadline.Due < first.Value.Due))
                {
                    first = deadline;
                }
            }

            if (first is null)
            {
                return;
            }

            first.Value.Fire(now);
        }
    }

    /// <summary>Offers again what was on offer when the server stopped: offers themselves are not stored.</summary>
    public void Recover()
    {
        if (!IsRunning)
        {
            return;
        }

        if (State.Task is { StartedEventId: 0, VisibleAt: null })
        {
            _effects.Add(new Effect.OfferWorkflowTask());
        }

        foreach (var activity in State.Activities.Values.Where(a => a.StartedTime is null && a.NextAttemptAt is null).OrderBy(a => a.ScheduledEventId))
        {
            _effects.Add(new Effect.OfferActivity(activity.ScheduledEventId));
        }
    }

    private IEnumerable<(DateTimeOffset Due, Action<DateTimeOffset> Fire)> Deadlines()
    {
        if (!IsRunning)
        {
            yield break;
        }

        if (State.ExecutionExpires is { } executionExpires)
        {
            yield return (executionExpires.ToDateTimeOffset(), now => TimeOutWorkflow(now, mayRetry: false));
        }

        if (State.RunExpires is { } runExpires)
        {
            yield return (runExpires.ToDateTimeOffset(), now => TimeOutWorkflow(now, mayRetry: true));
        }

        if (State.FirstTaskAt is { } firstTask)
        {
            yield return (firstTask.ToDateTimeOffset(), ScheduleFirstTask);
        }

        foreach (var deadline in TaskDeadlines())
        {
            yield return deadline;
        }

        // The order of equal times is the order in which the timers were started.
        foreach (var timer in State.Timers.Values.OrderBy(t => t.StartedEventId))
        {
            yield return (timer.FiresAt.ToDateTimeOffset(), now => FireTimer(timer, now));
        }

        foreach (var activity in State.Activities.Values.OrderBy(a => a.ScheduledEventId))
        {
            foreach (var deadline in ActivityDeadlines(activity))
            {
                yield return deadline;
            }
        }
    }

    private IEnumerable<(DateTimeOffset Due, Action<DateTimeOffset> Fire)> TaskDeadlines()
    {
        if (State.Task is not { } task)
        {
            yield break;
        }

        if (task.StartedEventId > 0)
        {
            if (task.StartedTime.Plus(task.Timeout) is { } timeout)
            {
                yield return (timeout, TimeOutStartedTask);
            }
        }
        else if (task.VisibleAt is { } visible)
        {
            yield return (visible.ToDateTimeOffset(), _ => OfferTask(task));
        }
        else if (task.Sticky && task.ScheduledTime.Plus(State.StickyTimeout) is { } sticky)
        {
            yield return (sticky, TimeOutStickyTask);
        }
    }

    private IEnumerable<(DateTimeOffset Due, Action<DateTimeOffset> Fire)> ActivityDeadlines(ActivityState activity)
    {
        if (activity.ScheduledTime.Plus(activity.ScheduleToClose) is { } close)
        {
            yield return (close, now => TimeOutActivity(activity, TimeoutType.ScheduleToClose, now));
        }

        if (activity.StartedTime is null)
        {
            if (activity.NextAttemptAt is { } next)
            {
                yield return (next.ToDateTimeOffset(), _ => OfferAttempt(activity));
            }
            else if (activity.AttemptScheduledTime.Plus(activity.ScheduleToStart) is { } start)
            {
                yield return (start, now => TimeOutActivity(activity, TimeoutType.ScheduleToStart, now));
            }

            yield break;
        }

        if (activity.StartedTime.Plus(activity.StartToClose) is { } end)
        {
            yield return (end, now => TimeOutActivity(activity, TimeoutType.StartToClose, now));
        }

        if ((activity.LastHeartbeatTime ?? activity.StartedTime).Plus(activity.Heartbeat) is { } heartbeat)
        {
            yield return (heartbeat, now => TimeOutActivity(activity, TimeoutType.Heartbeat, now));
        }
    }

    private void OfferTask(WorkflowTaskState task)
    {
        task.VisibleAt = null;
        _effects.Add(new Effect.OfferWorkflowTask());
    }

    private void OfferAttempt(ActivityState activity)
    {
        activity.NextAttemptAt = null;
        _effects.Add(new Effect.OfferActivity(activity.ScheduledEventId));
    }

    private void FireTimer(TimerState timer, DateTimeOffset now)
    {
        State.Timers.Remove(timer.TimerId);
        State.Transitions++;
        var e = NewEvent(EventType.TimerFired, now);
        e.TimerFiredEventAttributes = new TimerFiredEventAttributes { TimerId = timer.TimerId, StartedEventId = timer.StartedEventId };
        FromOutside(e, now);
    }
}
