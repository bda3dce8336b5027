namespace TemporalServer.Tests.Model;

/// <summary>What matters of an event, in one line: id, type, time, what it is about and which events it refers to.</summary>
public static class EventWords
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TimeSpan SinceStart(DateTimeOffset time) => time - Epoch;

    public static string Line(long id, EventType type, TimeSpan at, string detail, long of, long started) =>
        $"{id} {type} +{at.TotalMilliseconds}ms {detail} of {of} started {started}";

    public static string Of(HistoryEvent e)
    {
        var (detail, of, started) = e.AttributesCase switch
        {
            HistoryEvent.AttributesOneofCase.WorkflowTaskScheduledEventAttributes => ($"attempt {e.WorkflowTaskScheduledEventAttributes.Attempt}", 0, 0),
            HistoryEvent.AttributesOneofCase.WorkflowTaskStartedEventAttributes => ("", e.WorkflowTaskStartedEventAttributes.ScheduledEventId, 0),
            HistoryEvent.AttributesOneofCase.WorkflowTaskCompletedEventAttributes when e.WorkflowTaskCompletedEventAttributes is var a =>
                ("", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.WorkflowTaskFailedEventAttributes when e.WorkflowTaskFailedEventAttributes is var a =>
                ($"{a.Cause}", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.WorkflowTaskTimedOutEventAttributes when e.WorkflowTaskTimedOutEventAttributes is var a =>
                ($"{a.TimeoutType}", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.ActivityTaskScheduledEventAttributes when e.ActivityTaskScheduledEventAttributes is var a =>
                (a.ActivityId, a.WorkflowTaskCompletedEventId, 0),
            HistoryEvent.AttributesOneofCase.ActivityTaskStartedEventAttributes when e.ActivityTaskStartedEventAttributes is var a =>
                ($"attempt {a.Attempt}", a.ScheduledEventId, 0),
            HistoryEvent.AttributesOneofCase.ActivityTaskCompletedEventAttributes when e.ActivityTaskCompletedEventAttributes is var a =>
                ("", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.ActivityTaskFailedEventAttributes when e.ActivityTaskFailedEventAttributes is var a =>
                ($"{a.RetryState}", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.ActivityTaskTimedOutEventAttributes when e.ActivityTaskTimedOutEventAttributes is var a =>
                ($"{a.Failure.TimeoutFailureInfo.TimeoutType} {a.RetryState}", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.ActivityTaskCancelRequestedEventAttributes when e.ActivityTaskCancelRequestedEventAttributes is var a =>
                ("", a.ScheduledEventId, 0),
            HistoryEvent.AttributesOneofCase.ActivityTaskCanceledEventAttributes when e.ActivityTaskCanceledEventAttributes is var a =>
                ("", a.ScheduledEventId, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.TimerStartedEventAttributes when e.TimerStartedEventAttributes is var a =>
                (a.TimerId, a.WorkflowTaskCompletedEventId, 0),
            HistoryEvent.AttributesOneofCase.TimerFiredEventAttributes when e.TimerFiredEventAttributes is var a => (a.TimerId, 0, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.TimerCanceledEventAttributes when e.TimerCanceledEventAttributes is var a => (a.TimerId, 0, a.StartedEventId),
            HistoryEvent.AttributesOneofCase.MarkerRecordedEventAttributes when e.MarkerRecordedEventAttributes is var a =>
                (a.MarkerName, a.WorkflowTaskCompletedEventId, 0),
            HistoryEvent.AttributesOneofCase.WorkflowExecutionSignaledEventAttributes => (e.WorkflowExecutionSignaledEventAttributes.SignalName, 0, 0),
            _ => ("", 0L, 0L),
        };
        return Line(e.EventId, e.EventType, SinceStart(e.EventTime.ToDateTimeOffset()), detail, of, started);
    }
}
