namespace TemporalServer.Tests.Model;

/// <summary>Activities: attempts, timeouts, retries and cancellation.</summary>
public sealed partial class ReferenceRun
{
    public void StartActivity(string id)
    {
        var activity = _activities.Single(a => a.Id == id);
        activity.StartedAt = Now;
    }

    public void Heartbeat(ModelActivity activity) => activity.HeartbeatAt = Now;

    public void CompleteActivity(ModelActivity activity) => End(activity, EventType.ActivityTaskCompleted, "");

    public void FailActivity(ModelActivity activity, bool forGood)
    {
        if (!Retry(activity, forGood, out var state))
        {
            End(activity, EventType.ActivityTaskFailed, $"{state}");
        }
    }

    public void ConfirmCanceled(ModelActivity activity) => End(activity, EventType.ActivityTaskCanceled, "");

    private void OnDeadline(ModelActivity activity, TimeoutType? type)
    {
        if (type is null)
        {
            activity.NextAttemptAt = null;
        }
        else if (!Retry(activity, type is TimeoutType.ScheduleToClose or TimeoutType.ScheduleToStart, out var state))
        {
            // With no room left for another attempt, it is the whole activity that ran out of time.
            End(activity, EventType.ActivityTaskTimedOut, $"{(state == RetryState.Timeout ? TimeoutType.ScheduleToClose : type)} {state}");
        }
    }

    // 1 s, doubling, at most a hundred times that.
    private bool Retry(ModelActivity activity, bool forGood, out RetryState state)
    {
        var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, activity.Attempt - 1), 100));
        state = activity.CancelRequested ? RetryState.CancelRequested
            : forGood ? RetryState.NonRetryableFailure
            : activity.Attempt == activity.Options.RetryPolicy?.MaximumAttempts ? RetryState.MaximumAttemptsReached
            : Now + pause > activity.Expires ? RetryState.Timeout
            : RetryState.InProgress;
        if (state != RetryState.InProgress)
        {
            return false;
        }

        activity.Attempt++;
        activity.StartedAt = null;
        activity.HeartbeatAt = null;
        activity.NextAttemptAt = activity.AttemptScheduledAt = Now + pause;
        return true;
    }

    // That an attempt started is written only now, with the number of the last one.
    private void End(ModelActivity activity, EventType type, string detail)
    {
        _activities.Remove(activity);
        ModelEvent? started = null;
        if (activity.StartedAt is { } at)
        {
            started = new(EventType.ActivityTaskStarted, at, $"attempt {activity.Attempt}", activity.Scheduled);
            FromOutside(started, wakes: false);
        }

        FromOutside(new(type, Now, detail, activity.Scheduled, started));
    }

    private bool RequestActivityCancel(long scheduledEventId)
    {
        var scheduled = _history[(int)scheduledEventId - 1];
        Write(new(EventType.ActivityTaskCancelRequested, Now, of: scheduled));
        if (_activities.Find(a => a.Scheduled == scheduled) is not { } activity)
        {
            // It ended before the worker could know.
            return false;
        }

        activity.CancelRequested = true;
        if (activity.StartedAt is not null)
        {
            return false;
        }

        _activities.Remove(activity);
        Write(new(EventType.ActivityTaskCanceled, Now, of: scheduled));
        return true;
    }
}
