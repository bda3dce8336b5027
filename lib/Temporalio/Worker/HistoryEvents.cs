using System.Text.Json;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using static Temporalio.Protocol.Histories.HistoryEvent;

namespace Temporalio.Worker;

/// <summary>What the replay needs to know about events.</summary>
internal static class HistoryEvents
{
    private const string PatchMarker = "core_patch";
    private const string PatchDetail = "patch-data";

    public static string PatchMarkerName => PatchMarker;

    public static string PatchDetailKey => PatchDetail;

    /// <summary>
    /// Splits events into chunks, each one ending with a started workflow task that was neither failed nor timed out. What
    /// follows the last of them is the tail.
    /// </summary>
    public static (List<List<HistoryEvent>> Chunks, List<HistoryEvent> Tail) Split(IReadOnlyList<HistoryEvent> events)
    {
        var chunks = new List<List<HistoryEvent>>();
        var current = new List<HistoryEvent>();
        for (var i = 0; i < events.Count; i++)
        {
            current.Add(events[i]);
            if (events[i].EventType == EventType.WorkflowTaskStarted && !IsAbandoned(events, i))
            {
                chunks.Add(current);
                current = [];
            }
        }

        return (chunks, current);
    }

    /// <summary>Whether workflow code issues the command that this event records.</summary>
    public static bool IsCommandEvent(this HistoryEvent e) => e.AttributesCase is
        AttributesOneofCase.ActivityTaskScheduledEventAttributes
        or AttributesOneofCase.ActivityTaskCancelRequestedEventAttributes
        or AttributesOneofCase.TimerStartedEventAttributes
        or AttributesOneofCase.TimerCanceledEventAttributes
        or AttributesOneofCase.MarkerRecordedEventAttributes
        or AttributesOneofCase.StartChildWorkflowExecutionInitiatedEventAttributes
        or AttributesOneofCase.SignalExternalWorkflowExecutionInitiatedEventAttributes
        or AttributesOneofCase.RequestCancelExternalWorkflowExecutionInitiatedEventAttributes
        or AttributesOneofCase.UpsertWorkflowSearchAttributesEventAttributes
        or AttributesOneofCase.WorkflowPropertiesModifiedEventAttributes
        or AttributesOneofCase.WorkflowExecutionUpdateAcceptedEventAttributes
        or AttributesOneofCase.WorkflowExecutionUpdateCompletedEventAttributes
        or AttributesOneofCase.WorkflowExecutionCompletedEventAttributes
        or AttributesOneofCase.WorkflowExecutionFailedEventAttributes
        or AttributesOneofCase.WorkflowExecutionCanceledEventAttributes
        or AttributesOneofCase.WorkflowExecutionContinuedAsNewEventAttributes;

    /// <summary>Names an event for messages about histories that do not fit.</summary>
    public static string Describe(this HistoryEvent e) => e.AttributesCase switch
    {
        AttributesOneofCase.ActivityTaskScheduledEventAttributes =>
            $"event {e.EventId} {e.EventType} (activity {e.ActivityTaskScheduledEventAttributes.ActivityId} of type {e.ActivityTaskScheduledEventAttributes.ActivityType?.Name})",
        AttributesOneofCase.TimerStartedEventAttributes => $"event {e.EventId} {e.EventType} (timer {e.TimerStartedEventAttributes.TimerId})",
        AttributesOneofCase.TimerCanceledEventAttributes => $"event {e.EventId} {e.EventType} (timer {e.TimerCanceledEventAttributes.TimerId})",
        AttributesOneofCase.MarkerRecordedEventAttributes =>
            $"event {e.EventId} {e.EventType} (marker {e.MarkerRecordedEventAttributes.MarkerName}{(e.Patch() is { } patch ? " " + patch.Id : string.Empty)})",
        AttributesOneofCase.StartChildWorkflowExecutionInitiatedEventAttributes =>
            $"event {e.EventId} {e.EventType} (workflow {e.StartChildWorkflowExecutionInitiatedEventAttributes.WorkflowId} of type {e.StartChildWorkflowExecutionInitiatedEventAttributes.WorkflowType?.Name})",
        AttributesOneofCase.SignalExternalWorkflowExecutionInitiatedEventAttributes =>
            $"event {e.EventId} {e.EventType} (signal {e.SignalExternalWorkflowExecutionInitiatedEventAttributes.SignalName} to {e.SignalExternalWorkflowExecutionInitiatedEventAttributes.WorkflowExecution?.WorkflowId})",
        AttributesOneofCase.WorkflowExecutionUpdateAcceptedEventAttributes =>
            $"event {e.EventId} {e.EventType} (update {e.WorkflowExecutionUpdateAcceptedEventAttributes.ProtocolInstanceId})",
        AttributesOneofCase.WorkflowExecutionUpdateCompletedEventAttributes =>
            $"event {e.EventId} {e.EventType} (update {e.WorkflowExecutionUpdateCompletedEventAttributes.Meta?.UpdateId})",
        _ => $"event {e.EventId} {e.EventType}",
    };

    /// <summary>The patch an event records; null when it records none.</summary>
    public static (string Id, bool Deprecated)? Patch(this HistoryEvent e)
    {
        if (e.MarkerRecordedEventAttributes is not { MarkerName: PatchMarker } marker
            || !marker.Details.TryGetValue(PatchDetail, out var payloads) || payloads.Payloads_.Count == 0)
        {
            return null;
        }

        using var json = JsonDocument.Parse(payloads.Payloads_[0].Data.Memory);
        return json.RootElement.TryGetProperty("id", out var id)
            ? (id.GetString()!, json.RootElement.TryGetProperty("deprecated", out var d) && d.GetBoolean())
            : null;
    }

    /// <summary>Whether an event only records the search attribute that official workers set along with a patch marker.</summary>
    public static bool IsChangeVersionUpsert(this HistoryEvent e) =>
        e.UpsertWorkflowSearchAttributesEventAttributes?.SearchAttributes?.IndexedFields is { Count: 1 } fields
            && fields.ContainsKey("TemporalChangeVersion");

    private static bool IsAbandoned(IReadOnlyList<HistoryEvent> events, int started)
    {
        for (var i = started + 1; i < events.Count; i++)
        {
            switch (events[i].EventType)
            {
                case EventType.WorkflowTaskCompleted:
                    return false;
                case EventType.WorkflowTaskFailed or EventType.WorkflowTaskTimedOut:
                    return true;
            }
        }

        return false;
    }
}
