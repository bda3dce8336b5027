namespace TemporalServer.Tests.Model;

/// <summary>
/// What the protocol says of one run, written down as plainly as possible: it knows nothing of storage, queues or threads. The server
/// must show the same history and the same pending work after every step.
/// </summary>
public sealed partial class ReferenceRun
{
    private static readonly TimeSpan TaskTimeout = TimeSpan.FromSeconds(10);

    private readonly List<ModelEvent> _history = [];
    private readonly List<ModelEvent> _buffer = [];
    private readonly List<(string Id, ModelEvent Started, TimeSpan FiresAt)> _timers = [];
    private readonly List<ModelActivity> _activities = [];
    private readonly HashSet<string> _signals = [];
    private bool _cancelRequested;

    public ReferenceRun(TimeSpan now)
    {
        Now = now;
        Write(new(EventType.WorkflowExecutionStarted, now));
        ScheduleTask(1, TimeSpan.Zero);
    }

    public TimeSpan Now { get; private set; }

    public WorkflowExecutionStatus Status { get; private set; } = WorkflowExecutionStatus.Running;

    public bool IsRunning => Status == WorkflowExecutionStatus.Running;

    public ModelTask? Task { get; private set; }

    public bool TaskIsOnOffer => Task is { Started: null, VisibleAt: null };

    public IReadOnlyList<ModelActivity> Activities => _activities;

    public IEnumerable<string> History => _history.Select(e => e.Words);

    public IEnumerable<EventType> Types => _history.Select(e => e.Type);

    /// <summary>What a worker is shown: the history, and the events of a later attempt that are not written yet.</summary>
    public IEnumerable<string> Shown => Task is { Attempt: > 1, Started: { } started } task
        ? [.. History, task.Scheduled.Words, started.Words]
        : History;

    /// <summary>Timers that the worker believes to run: those that do, and those whose firing it has not seen.</summary>
    public IEnumerable<string> TimersInView => _timers.Select(t => t.Id).Concat(
        _buffer.Where(e => e.Type == EventType.TimerFired).Select(e => e.Detail));

    /// <summary>Activities, by their scheduled event, that the worker believes to run.</summary>
    public IEnumerable<long> ActivitiesInView => _activities.Where(a => !a.CancelRequested).Select(a => a.Scheduled.Id).Concat(
        _buffer.Where(e => e.Type is EventType.ActivityTaskCompleted or EventType.ActivityTaskFailed or EventType.ActivityTaskTimedOut)
            .Select(e => e.Of!.Id));

    /// <summary>Time passes while the server is up: each thing happens when it is due.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (Deadlines().Select(d => (TimeSpan?)d.Due).Min() is { } due && due <= end)
        {
            Now = due > Now ? due : Now;
            FireDue();
        }

        Now = end;
    }

    /// <summary>Time passes while the server is down: all that was due happens at its return.</summary>
    public void Sleep(TimeSpan by)
    {
        Now += by;
        FireDue();
    }

    public void Signal(string name, string requestId)
    {
        if (_signals.Add(requestId))
        {
            FromOutside(new(EventType.WorkflowExecutionSignaled, Now, name));
        }
    }

    public void RequestCancel()
    {
        if (!_cancelRequested)
        {
            _cancelRequested = true;
            FromOutside(new(EventType.WorkflowExecutionCancelRequested, Now));
        }
    }

    public void Terminate()
    {
        if (Task is { Attempt: 1, Started: { } started } task)
        {
            Write(new(EventType.WorkflowTaskFailed, Now, $"{WorkflowTaskFailedCause.ForceCloseCommand}", task.Scheduled, started));
        }

        Task = null;
        Flush();
        Close(EventType.WorkflowExecutionTerminated, WorkflowExecutionStatus.Terminated);
    }

    private void FireDue()
    {
        while (Deadlines().Where(d => d.Due <= Now).OrderBy(d => d.Due).Select(d => d.Fire).FirstOrDefault() is { } fire)
        {
            fire();
        }
    }

    // OrderBy is stable: of equal times the task comes first, then timers and activities in the order they were asked for.
    private IEnumerable<(TimeSpan Due, Action Fire)> Deadlines()
    {
        if (Task is { Started: { } started })
        {
            yield return (started.At + TaskTimeout, TimeOutTask);
        }
        else if (Task is { VisibleAt: { } visible } task)
        {
            yield return (visible, () => task.VisibleAt = null);
        }

        foreach (var timer in _timers)
        {
            yield return (timer.FiresAt, () => Fire(timer));
        }

        foreach (var activity in _activities)
        {
            foreach (var (due, type) in activity.Deadlines())
            {
                yield return (due, () => OnDeadline(activity, type));
            }
        }
    }

    private void Fire((string Id, ModelEvent Started, TimeSpan FiresAt) timer)
    {
        _timers.Remove(timer);
        FromOutside(new(EventType.TimerFired, Now, timer.Id, started: timer.Started));
    }

    private void Write(ModelEvent e)
    {
        e.Id = _history.Count + 1;
        _history.Add(e);
    }

    // While a worker has the task, what comes from outside waits.
    private void FromOutside(ModelEvent e, bool wakes = true)
    {
        if (Task?.Started is not null)
        {
            _buffer.Add(e);
            return;
        }

        Write(e);
        if (wakes && Task is null)
        {
            ScheduleTask(1, TimeSpan.Zero);
        }
    }

    private bool Flush()
    {
        static bool EndsActivity(ModelEvent e) => e.Type is EventType.ActivityTaskStarted or EventType.ActivityTaskCompleted
            or EventType.ActivityTaskFailed or EventType.ActivityTaskTimedOut or EventType.ActivityTaskCanceled;

        var any = _buffer.Count > 0;
        foreach (var e in _buffer.OrderBy(EndsActivity))
        {
            Write(e);
        }

        _buffer.Clear();
        return any;
    }

    private void Close(EventType type, WorkflowExecutionStatus status)
    {
        Write(new(type, Now));
        Status = status;
        Task = null;
        _buffer.Clear();
        _timers.Clear();
        _activities.Clear();
    }
}
