using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Common;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Sdk;

namespace Temporalio.Tests.Replay;

/// <summary>Writes event lists by hand, the way a server would.</summary>
internal sealed class HistoryBuilder
{
    private readonly List<HistoryEvent> _events = [];
    private DateTime _now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private bool _flagged;

    public HistoryBuilder(string workflowType, params object?[] args) => Add(new()
    {
        EventType = EventType.WorkflowExecutionStarted,
        WorkflowExecutionStartedEventAttributes = new()
        {
            WorkflowType = new() { Name = workflowType },
            TaskQueue = new() { Name = "queue" },
            OriginalExecutionRunId = "run-1",
            FirstExecutionRunId = "run-1",
            Attempt = 1,
            Input = Payloads(args),
        },
    });

    public static Payloads Payloads(params object?[] values) => new()
    {
        Payloads_ =
        {
            values.Select(v => new Payload
            {
                Metadata = { ["encoding"] = ByteString.CopyFromUtf8("json/plain") },
                Data = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(v)),
            }),
        },
    };

    public WorkflowHistory Build() => new("workflow-1", _events);

    public HistoryBuilder Add(HistoryEvent e)
    {
        e.EventId = _events.Count + 1;
        e.EventTime = Timestamp.FromDateTime(_now);
        _events.Add(e);
        return this;
    }

    public HistoryBuilder After(TimeSpan time)
    {
        _now += time;
        return this;
    }

    public HistoryBuilder TaskStarted() => Add(new() { EventType = EventType.WorkflowTaskScheduled, WorkflowTaskScheduledEventAttributes = new() })
        .Add(new() { EventType = EventType.WorkflowTaskStarted, WorkflowTaskStartedEventAttributes = new() });

    public HistoryBuilder TaskCompleted()
    {
        var metadata = _flagged ? null : new WorkflowTaskCompletedMetadata { CoreUsedFlags = { 3 }, LangUsedFlags = { 2 } };
        _flagged = true;
        return Add(new() { EventType = EventType.WorkflowTaskCompleted, WorkflowTaskCompletedEventAttributes = new() { SdkMetadata = metadata } });
    }

    public HistoryBuilder TaskFailed() => Add(new() { EventType = EventType.WorkflowTaskFailed, WorkflowTaskFailedEventAttributes = new() });

    public HistoryBuilder TaskTimedOut() => Add(new() { EventType = EventType.WorkflowTaskTimedOut, WorkflowTaskTimedOutEventAttributes = new() });

    /// <summary>A whole task: scheduled, started, completed.</summary>
    public HistoryBuilder Task() => TaskStarted().TaskCompleted();

    public HistoryBuilder TimerStarted(string id) => Add(new() { EventType = EventType.TimerStarted, TimerStartedEventAttributes = new() { TimerId = id } });

    public HistoryBuilder TimerFired(string id) => Add(new() { EventType = EventType.TimerFired, TimerFiredEventAttributes = new() { TimerId = id } });

    public HistoryBuilder TimerCanceled(string id) => Add(new() { EventType = EventType.TimerCanceled, TimerCanceledEventAttributes = new() { TimerId = id } });

    public HistoryBuilder ActivityScheduled(string id, string type) => Add(new()
    {
        EventType = EventType.ActivityTaskScheduled,
        ActivityTaskScheduledEventAttributes = new() { ActivityId = id, ActivityType = new() { Name = type } },
    });

    public HistoryBuilder ActivityCompleted(long scheduled, object? result) => Add(new()
    {
        EventType = EventType.ActivityTaskCompleted,
        ActivityTaskCompletedEventAttributes = new() { ScheduledEventId = scheduled, Result = Payloads(result) },
    });

    public HistoryBuilder ActivityCancelRequested(long scheduled) => Add(new()
    {
        EventType = EventType.ActivityTaskCancelRequested,
        ActivityTaskCancelRequestedEventAttributes = new() { ScheduledEventId = scheduled },
    });

    public HistoryBuilder ActivityCanceled(long scheduled) => Add(new()
    {
        EventType = EventType.ActivityTaskCanceled,
        ActivityTaskCanceledEventAttributes = new() { ScheduledEventId = scheduled },
    });

    public HistoryBuilder Signaled(string name, params object?[] args) => Add(new()
    {
        EventType = EventType.WorkflowExecutionSignaled,
        WorkflowExecutionSignaledEventAttributes = new() { SignalName = name, Input = Payloads(args) },
    });

    public HistoryBuilder CancelRequested() => Add(new()
    {
        EventType = EventType.WorkflowExecutionCancelRequested,
        WorkflowExecutionCancelRequestedEventAttributes = new(),
    });

    public HistoryBuilder Patched(string id, bool deprecated = false) => Add(new()
    {
        EventType = EventType.MarkerRecorded,
        MarkerRecordedEventAttributes = new()
        {
            MarkerName = "core_patch",
            Details = { ["patch-data"] = Payloads(new Dictionary<string, object> { ["id"] = id, ["deprecated"] = deprecated }) },
        },
    });

    public HistoryBuilder ChangeVersionUpserted() => Add(new()
    {
        EventType = EventType.UpsertWorkflowSearchAttributes,
        UpsertWorkflowSearchAttributesEventAttributes = new()
        {
            SearchAttributes = new() { IndexedFields = { ["TemporalChangeVersion"] = new Payload() } },
        },
    });

    public HistoryBuilder UpdateAccepted(string id, string name, params object?[] args) => Add(new()
    {
        EventType = EventType.WorkflowExecutionUpdateAccepted,
        WorkflowExecutionUpdateAcceptedEventAttributes = new()
        {
            ProtocolInstanceId = id,
            AcceptedRequestMessageId = $"{id}/request",
            AcceptedRequestSequencingEventId = _events.Count - 2,
            AcceptedRequest = new() { Meta = new() { UpdateId = id }, Input = new() { Name = name, Args = Payloads(args) } },
        },
    });

    public HistoryBuilder UpdateCompleted(string id) => Add(new()
    {
        EventType = EventType.WorkflowExecutionUpdateCompleted,
        WorkflowExecutionUpdateCompletedEventAttributes = new() { Meta = new() { UpdateId = id } },
    });

    public HistoryBuilder Completed() => Add(new()
    {
        EventType = EventType.WorkflowExecutionCompleted,
        WorkflowExecutionCompletedEventAttributes = new(),
    });

    public HistoryBuilder Failed() => Add(new() { EventType = EventType.WorkflowExecutionFailed, WorkflowExecutionFailedEventAttributes = new() });

    public HistoryBuilder Canceled() => Add(new() { EventType = EventType.WorkflowExecutionCanceled, WorkflowExecutionCanceledEventAttributes = new() });
}
