namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>Hands the current attempt to a worker; nothing is written until the activity closes.</summary>
    public ActivityState StartActivity(long scheduledEventId, DateTimeOffset now, string identity, string requestId)
    {
        var activity = State.Activities[scheduledEventId];
        activity.StartedTime = now.Stamp();
        activity.NextAttemptAt = null;
        activity.Identity = identity;
        activity.RequestId = requestId;
        activity.LastHeartbeatTime = null;
        State.Transitions++;
        return activity;
    }

    /// <summary>Takes a started attempt back: its worker was gone before the task reached it.</summary>
    public void ReturnActivity(ActivityState activity)
    {
        activity.StartedTime = null;
        activity.Stamp = ++State.Stamp;
        _effects.Add(new Effect.OfferActivity(activity.ScheduledEventId));
    }

    /// <summary>Notes that the activity lives, with its details.</summary>
    public void Heartbeat(ActivityState activity, Payloads? details, DateTimeOffset now)
    {
        activity.LastHeartbeatTime = now.Stamp();
        activity.HeartbeatDetails = details;
    }

    /// <summary>The activity returned.</summary>
    public void CompleteActivity(ActivityState activity, Payloads? result, string identity, DateTimeOffset now)
    {
        var started = CloseActivity(activity, now);
        var e = NewEvent(EventType.ActivityTaskCompleted, now);
        e.ActivityTaskCompletedEventAttributes = new ActivityTaskCompletedEventAttributes
        {
            Result = result,
            ScheduledEventId = activity.ScheduledEventId,
            StartedEventId = started,
            Identity = identity,
        };
        FromOutside(e, now);
    }

    /// <summary>The attempt failed: retried by its policy, else the activity fails.</summary>
    public void FailActivity(ActivityState activity, Failure failure, string identity, DateTimeOffset now)
    {
        var decision = Retry(activity, failure, now);
        if (decision.State == RetryState.InProgress)
        {
            return;
        }

        var started = CloseActivity(activity, now);
        var e = NewEvent(EventType.ActivityTaskFailed, now);
        e.ActivityTaskFailedEventAttributes = new ActivityTaskFailedEventAttributes
        {
            Failure = failure,
            ScheduledEventId = activity.ScheduledEventId,
            StartedEventId = started,
            Identity = identity,
            RetryState = decision.State,
        };
        FromOutside(e, now);
    }

    /// <summary>The activity stopped because it was asked to.</summary>
    public void ConfirmActivityCanceled(ActivityState activity, Payloads? details, string identity, DateTimeOffset now)
    {
        var started = CloseActivity(activity, now);
        FromOutside(CanceledEvent(activity, started, details, identity, now), now);
    }

    /// <summary>One of the four timeouts passed.</summary>
    private void TimeOutActivity(ActivityState activity, TimeoutType type, DateTimeOffset now)
    {
        var failure = FailureOf.ActivityTimeout(type, activity.HeartbeatDetails, type == TimeoutType.ScheduleToClose ? activity.LastFailure : null);
        var decision = Retry(activity, failure, now);
        if (decision.State == RetryState.InProgress)
        {
            return;
        }

        if (decision.State == RetryState.Timeout)
        {
            // There was no room for another attempt: it is the whole activity that ran out of time.
            failure = FailureOf.ActivityTimeout(TimeoutType.ScheduleToClose, activity.HeartbeatDetails, failure);
        }

        var started = CloseActivity(activity, now);
        var e = NewEvent(EventType.ActivityTaskTimedOut, now);
        e.ActivityTaskTimedOutEventAttributes = new ActivityTaskTimedOutEventAttributes
        {
            Failure = failure,
            ScheduledEventId = activity.ScheduledEventId,
            StartedEventId = started,
            RetryState = decision.State,
        };
        FromOutside(e, now);
    }

    private RetryDecision Retry(ActivityState activity, Failure failure, DateTimeOffset now)
    {
        State.Transitions++;
        if (activity.CancelRequestedEventId > 0)
        {
            return new(RetryState.CancelRequested, default);
        }

        var expires = activity.ScheduledTime.Plus(activity.ScheduleToClose);
        var decision = RetryDecision.Of(activity.RetryPolicy, activity.Attempt, failure, now, expires);
        if (decision.State == RetryState.InProgress)
        {
            activity.Attempt++;
            activity.LastFailure = failure;
            activity.StartedTime = null;
            activity.LastHeartbeatTime = null;
            activity.LastAttemptCompleteTime = now.Stamp();
            activity.Stamp = ++State.Stamp;
            activity.NextAttemptAt = (now + decision.Backoff).Stamp();
            activity.AttemptScheduledTime = activity.NextAttemptAt;
        }

        return decision;
    }

    /// <summary>Removes the activity and writes its started event, with the last attempt; returns that event's id, 0 if it never started.</summary>
    private long CloseActivity(ActivityState activity, DateTimeOffset now)
    {
        State.Transitions++;
        State.Activities.Remove(activity.ScheduledEventId);
        if (activity.StartedTime is null)
        {
            return 0;
        }

        var e = new HistoryEvent { EventType = EventType.ActivityTaskStarted, EventTime = activity.StartedTime };
        e.ActivityTaskStartedEventAttributes = new ActivityTaskStartedEventAttributes
        {
            ScheduledEventId = activity.ScheduledEventId,
            Identity = activity.Identity,
            RequestId = activity.RequestId,
            Attempt = activity.Attempt,
            LastFailure = activity.LastFailure,
        };
        FromOutside(e, now, wakes: false);
        return e.EventId;
    }

    private static HistoryEvent CanceledEvent(ActivityState activity, long started, Payloads? details, string identity, DateTimeOffset now)
    {
        var e = NewEvent(EventType.ActivityTaskCanceled, now);
        e.ActivityTaskCanceledEventAttributes = new ActivityTaskCanceledEventAttributes
        {
            Details = details,
            LatestCancelRequestedEventId = activity.CancelRequestedEventId,
            ScheduledEventId = activity.ScheduledEventId,
            StartedEventId = started,
            Identity = identity,
        };
        return e;
    }
}
