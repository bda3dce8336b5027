using Google.Protobuf.Collections;

namespace TemporalServer.Machine;

/// <summary>
/// The state machine of one run: state and an input give events and effects. It does no I/O and reads no clock; every input carries
/// the time. Inputs from outside are buffered while a workflow task is being worked on, as the protocol demands.
/// </summary>
internal sealed partial class WorkflowMachine(ExecutionState state, Func<string> newId)
{
    // An event that refers to an event still in the buffer carries this id until the buffer is flushed.
    private const long BufferedEventId = -123;

    private List<HistoryEvent> _newEvents = [];
    private List<Effect> _effects = [];

    /// <summary>The stored state.</summary>
    public ExecutionState State { get; private set; } = state;

    /// <summary>True until the run closes.</summary>
    public bool IsRunning => State.Status == WorkflowExecutionStatus.Running;

    /// <summary>True while a worker has the workflow task.</summary>
    public bool IsTaskStarted => State.Task is { StartedEventId: > 0 };

    /// <summary>False once the run has taken as many signals as it may.</summary>
    public bool TakesSignals => State.SignalCount < Limits.Signals;

    /// <summary>True while a workflow task or an attempt of an activity is on offer or in work. The pause before an attempt is no work.</summary>
    public bool HasWork => IsRunning && (State.Task is not null || State.Activities.Values.Any(a => a.NextAttemptAt is null));

    /// <summary>The id of the last event written.</summary>
    public long LastEventId => State.NextEventId - 1;

    /// <summary>Takes the events written since the last call.</summary>
    public IReadOnlyList<HistoryEvent> TakeEvents()
    {
        var events = _newEvents;
        _newEvents = [];
        return events;
    }

    /// <summary>Takes the effects asked for since the last call.</summary>
    public IReadOnlyList<Effect> TakeEffects()
    {
        var effects = _effects;
        _effects = [];
        return effects;
    }

    private static HistoryEvent NewEvent(EventType type, DateTimeOffset now) => new() { EventType = type, EventTime = now.Stamp() };

    private HistoryEvent Append(HistoryEvent e)
    {
        e.EventId = State.NextEventId++;
        e.TaskId = e.EventId + 1_048_576;
        State.HistoryBytes += e.CalculateSize();
        _newEvents.Add(e);
        return e;
    }

    /// <summary>Writes an event that did not come from the worker's commands, or buffers it while a task is started.</summary>
    private void FromOutside(HistoryEvent e, DateTimeOffset now, bool wakes = true)
    {
        if (IsTaskStarted)
        {
            e.EventId = BufferedEventId;
            State.Buffered.Add(e);
            return;
        }

        Append(e);
        if (wakes)
        {
            EnsureWorkflowTask(now);
        }
    }

    /// <summary>Writes the buffered events, completions of activities and children last; true when there were any.</summary>
    private bool FlushBuffer()
    {
        if (State.Buffered.Count == 0)
        {
            return false;
        }

        var buffered = State.Buffered.ToList();
        State.Buffered.Clear();
        var activityStarted = new Dictionary<long, long>();
        var childStarted = new Dictionary<long, long>();
        foreach (var e in buffered.Where(e => !IsCompletion(e)).Concat(buffered.Where(IsCompletion)))
        {
            Reconnect(e, activityStarted, childStarted);
            Append(e);
            switch (e.EventType)
            {
                case EventType.ActivityTaskStarted:
                    activityStarted[e.ActivityTaskStartedEventAttributes.ScheduledEventId] = e.EventId;
                    break;
                case EventType.ChildWorkflowExecutionStarted:
                    var initiated = e.ChildWorkflowExecutionStartedEventAttributes.InitiatedEventId;
                    childStarted[initiated] = e.EventId;
                    if (State.Children.TryGetValue(initiated, out var child))
                    {
                        child.StartedEventId = e.EventId;
                    }

                    break;
            }
        }

        return true;
    }

    private static bool IsCompletion(HistoryEvent e) => e.EventType
        is EventType.ActivityTaskStarted or EventType.ActivityTaskCompleted or EventType.ActivityTaskFailed
        or EventType.ActivityTaskTimedOut or EventType.ActivityTaskCanceled
        or EventType.ChildWorkflowExecutionStarted or EventType.ChildWorkflowExecutionCompleted or EventType.ChildWorkflowExecutionFailed
        or EventType.ChildWorkflowExecutionTimedOut or EventType.ChildWorkflowExecutionCanceled or EventType.ChildWorkflowExecutionTerminated;

    /// <summary>Replaces the temporary ids of events that were still buffered by the ids they now have.</summary>
    private static void Reconnect(HistoryEvent e, Dictionary<long, long> activityStarted, Dictionary<long, long> childStarted)
    {
        static long Known(long current, long key, Dictionary<long, long> started) =>
            current == BufferedEventId && started.TryGetValue(key, out var id) ? id : current;

        switch (e.EventType)
        {
            case EventType.ActivityTaskCompleted:
                var completed = e.ActivityTaskCompletedEventAttributes;
                completed.StartedEventId = Known(completed.StartedEventId, completed.ScheduledEventId, activityStarted);
                break;
            case EventType.ActivityTaskFailed:
                var failed = e.ActivityTaskFailedEventAttributes;
                failed.StartedEventId = Known(failed.StartedEventId, failed.ScheduledEventId, activityStarted);
                break;
            case EventType.ActivityTaskTimedOut:
                var timedOut = e.ActivityTaskTimedOutEventAttributes;
                timedOut.StartedEventId = Known(timedOut.StartedEventId, timedOut.ScheduledEventId, activityStarted);
                break;
            case EventType.ActivityTaskCanceled:
                var canceled = e.ActivityTaskCanceledEventAttributes;
                canceled.StartedEventId = Known(canceled.StartedEventId, canceled.ScheduledEventId, activityStarted);
                break;
            case EventType.ChildWorkflowExecutionCompleted:
                var done = e.ChildWorkflowExecutionCompletedEventAttributes;
                done.StartedEventId = Known(done.StartedEventId, done.InitiatedEventId, childStarted);
                break;
            case EventType.ChildWorkflowExecutionFailed:
                var childFailed = e.ChildWorkflowExecutionFailedEventAttributes;
                childFailed.StartedEventId = Known(childFailed.StartedEventId, childFailed.InitiatedEventId, childStarted);
                break;
            case EventType.ChildWorkflowExecutionTimedOut:
                var childTimedOut = e.ChildWorkflowExecutionTimedOutEventAttributes;
                childTimedOut.StartedEventId = Known(childTimedOut.StartedEventId, childTimedOut.InitiatedEventId, childStarted);
                break;
            case EventType.ChildWorkflowExecutionCanceled:
                var childCanceled = e.ChildWorkflowExecutionCanceledEventAttributes;
                childCanceled.StartedEventId = Known(childCanceled.StartedEventId, childCanceled.InitiatedEventId, childStarted);
                break;
            case EventType.ChildWorkflowExecutionTerminated:
                var terminated = e.ChildWorkflowExecutionTerminatedEventAttributes;
                terminated.StartedEventId = Known(terminated.StartedEventId, terminated.InitiatedEventId, childStarted);
                break;
        }
    }

    private static void Merge(MapField<string, Payload> into, MapField<string, Payload> changes)
    {
        foreach (var (key, value) in changes)
        {
            if (IsNothing(value))
            {
                into.Remove(key);
            }
            else
            {
                into[key] = value;
            }
        }
    }

    // What a key is removed with, as the real server has it, whatever the encoding says: SDKs send no data, JSON's null, or an empty list.
    private static bool IsNothing(Payload value) => value.Data.IsEmpty || value.Data.Span.SequenceEqual("null"u8) || value.Data.Span.SequenceEqual("[]"u8);
}
