using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using static Temporalio.Protocol.Commands.Command;

namespace Temporalio.Worker;

/// <summary>Builds pending commands: type, description and the event that records each.</summary>
internal static class CommandKinds
{
    public static PendingCommand ScheduleActivity(Command wire, Action<HistoryEvent> recorded)
    {
        var attributes = wire.ScheduleActivityTaskCommandAttributes;
        return new(
            Typed(wire),
            $"ScheduleActivityTask (activity {attributes.ActivityId} of type {attributes.ActivityType.Name})",
            e => e.ActivityTaskScheduledEventAttributes is { } a
                && a.ActivityId == attributes.ActivityId && a.ActivityType?.Name == attributes.ActivityType.Name)
        {
            Recorded = recorded,
        };
    }

    public static PendingCommand RequestCancelActivity(long scheduledEventId, string activityId) => new(
        Typed(new() { RequestCancelActivityTaskCommandAttributes = new() { ScheduledEventId = scheduledEventId } }),
        $"RequestCancelActivityTask (activity {activityId})",
        e => e.ActivityTaskCancelRequestedEventAttributes?.ScheduledEventId == scheduledEventId);

    public static PendingCommand StartTimer(Command wire)
    {
        var id = wire.StartTimerCommandAttributes.TimerId;
        return new(Typed(wire), $"StartTimer (timer {id})", e => e.TimerStartedEventAttributes?.TimerId == id);
    }

    public static PendingCommand CancelTimer(string id) => new(
        Typed(new() { CancelTimerCommandAttributes = new() { TimerId = id } }),
        $"CancelTimer (timer {id})",
        e => e.TimerCanceledEventAttributes?.TimerId == id);

    public static PendingCommand PatchMarker(Command wire, string id) => new(
        Typed(wire), $"RecordMarker (patch {id})", e => e.Patch()?.Id == id)
    {
        PatchId = id,
    };

    public static PendingCommand StartChild(Command wire, Action<HistoryEvent> recorded)
    {
        var attributes = wire.StartChildWorkflowExecutionCommandAttributes;
        return new(
            Typed(wire),
            $"StartChildWorkflowExecution (workflow {attributes.WorkflowId} of type {attributes.WorkflowType.Name})",
            e => e.StartChildWorkflowExecutionInitiatedEventAttributes is { } a
                && a.WorkflowId == attributes.WorkflowId && a.WorkflowType?.Name == attributes.WorkflowType.Name)
        {
            Recorded = recorded,
        };
    }

    public static PendingCommand SignalExternal(Command wire, Action<HistoryEvent> recorded)
    {
        var attributes = wire.SignalExternalWorkflowExecutionCommandAttributes;
        return new(
            Typed(wire),
            $"SignalExternalWorkflowExecution (signal {attributes.SignalName} to {attributes.Execution.WorkflowId})",
            e => e.SignalExternalWorkflowExecutionInitiatedEventAttributes is { } a
                && a.SignalName == attributes.SignalName && a.WorkflowExecution?.WorkflowId == attributes.Execution.WorkflowId)
        {
            Recorded = recorded,
        };
    }

    public static PendingCommand CancelExternal(Command wire, Action<HistoryEvent> recorded)
    {
        var id = wire.RequestCancelExternalWorkflowExecutionCommandAttributes.WorkflowId;
        return new(
            Typed(wire),
            $"RequestCancelExternalWorkflowExecution (workflow {id})",
            e => e.RequestCancelExternalWorkflowExecutionInitiatedEventAttributes?.WorkflowExecution?.WorkflowId == id)
        {
            Recorded = recorded,
        };
    }

    public static PendingCommand UpsertSearchAttributes(Command wire) => new(
        Typed(wire), "UpsertWorkflowSearchAttributes", e => e.UpsertWorkflowSearchAttributesEventAttributes is not null);

    public static PendingCommand ModifyProperties(Command wire) => new(
        Typed(wire), "ModifyWorkflowProperties", e => e.WorkflowPropertiesModifiedEventAttributes is not null);

    public static PendingCommand UpdateAccepted(string messageId, string updateId) => new(
        Typed(new() { ProtocolMessageCommandAttributes = new() { MessageId = messageId } }),
        $"ProtocolMessage (update {updateId} accepted)",
        e => e.WorkflowExecutionUpdateAcceptedEventAttributes?.ProtocolInstanceId == updateId);

    public static PendingCommand UpdateCompleted(string messageId, string updateId) => new(
        Typed(new() { ProtocolMessageCommandAttributes = new() { MessageId = messageId } }),
        $"ProtocolMessage (update {updateId} completed)",
        e => e.WorkflowExecutionUpdateCompletedEventAttributes?.Meta?.UpdateId == updateId);

    public static PendingCommand Closing(Command wire, string description) => new(
        Typed(wire),
        description,
        e => wire.AttributesCase switch
        {
            AttributesOneofCase.CompleteWorkflowExecutionCommandAttributes => e.WorkflowExecutionCompletedEventAttributes is not null,
            AttributesOneofCase.FailWorkflowExecutionCommandAttributes => e.WorkflowExecutionFailedEventAttributes is not null,
            AttributesOneofCase.CancelWorkflowExecutionCommandAttributes => e.WorkflowExecutionCanceledEventAttributes is not null,
            _ => e.WorkflowExecutionContinuedAsNewEventAttributes is not null,
        })
    {
        IsTerminal = true,
    };

    private static Command Typed(Command wire)
    {
        wire.CommandType = wire.AttributesCase switch
        {
            AttributesOneofCase.ScheduleActivityTaskCommandAttributes => CommandType.ScheduleActivityTask,
            AttributesOneofCase.RequestCancelActivityTaskCommandAttributes => CommandType.RequestCancelActivityTask,
            AttributesOneofCase.StartTimerCommandAttributes => CommandType.StartTimer,
            AttributesOneofCase.CancelTimerCommandAttributes => CommandType.CancelTimer,
            AttributesOneofCase.RecordMarkerCommandAttributes => CommandType.RecordMarker,
            AttributesOneofCase.StartChildWorkflowExecutionCommandAttributes => CommandType.StartChildWorkflowExecution,
            AttributesOneofCase.SignalExternalWorkflowExecutionCommandAttributes => CommandType.SignalExternalWorkflowExecution,
            AttributesOneofCase.RequestCancelExternalWorkflowExecutionCommandAttributes => CommandType.RequestCancelExternalWorkflowExecution,
            AttributesOneofCase.UpsertWorkflowSearchAttributesCommandAttributes => CommandType.UpsertWorkflowSearchAttributes,
            AttributesOneofCase.ModifyWorkflowPropertiesCommandAttributes => CommandType.ModifyWorkflowProperties,
            AttributesOneofCase.ProtocolMessageCommandAttributes => CommandType.ProtocolMessage,
            AttributesOneofCase.CompleteWorkflowExecutionCommandAttributes => CommandType.CompleteWorkflowExecution,
            AttributesOneofCase.FailWorkflowExecutionCommandAttributes => CommandType.FailWorkflowExecution,
            AttributesOneofCase.CancelWorkflowExecutionCommandAttributes => CommandType.CancelWorkflowExecution,
            AttributesOneofCase.ContinueAsNewWorkflowExecutionCommandAttributes => CommandType.ContinueAsNewWorkflowExecution,
            var other => throw new InvalidOperationException($"Unknown command {other}."),
        };
        return wire;
    }
}
