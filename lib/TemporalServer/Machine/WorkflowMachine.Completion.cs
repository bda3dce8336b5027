using Temporalio.Api.Protocol.V1;

namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    private bool _wantsTask;

    /// <summary>
    /// Carries out a worker's answer to the started task: all of it, or, when a command is refused, none of it (the task then fails
    /// with the cause).
    /// </summary>
    /// <returns>Null, or why the task failed instead.</returns>
    public CommandRejectedException? CompleteWorkflowTask(RespondWorkflowTaskCompletedRequest request, DateTimeOffset now)
    {
        if (State.Buffered.Count > 0 && request.Commands.Any(IsClosing))
        {
            var unseen = new CommandRejectedException(WorkflowTaskFailedCause.UnhandledCommand, "UnhandledCommand: the workflow has not seen its latest events");
            FailWorkflowTask(now, unseen.Cause, null, request.Identity);
            return unseen;
        }

        var savedState = State.Clone();
        var savedEvents = _newEvents.ToList();
        var savedEffects = _effects.ToList();
        var savedUpdates = _updates.ToDictionary();
        try
        {
            Apply(request, now);
            return null;
        }
        catch (Exception e)
        {
            State = savedState;
            _newEvents = savedEvents;
            _effects = savedEffects;
            _updates = savedUpdates;
            var refused = e as CommandRejectedException
                ?? new CommandRejectedException(WorkflowTaskFailedCause.Unspecified, $"a command cannot be carried out: {e.Message}");
            if (refused.EndsWorkflow)
            {
                Terminate(refused, now);
            }
            else
            {
                FailWorkflowTask(now, refused.Cause, FailureOf.Server(refused.Message), request.Identity);
            }

            return refused;
        }
    }

    private static bool IsClosing(Command command) => command.CommandType
        is CommandType.CompleteWorkflowExecution or CommandType.FailWorkflowExecution
        or CommandType.CancelWorkflowExecution or CommandType.ContinueAsNewWorkflowExecution;

    private void Apply(RespondWorkflowTaskCompletedRequest request, DateTimeOffset now)
    {
        var task = State.Task;
        if (task.Attempt > 1)
        {
            // The attempt succeeded, so its events are written after all.
            foreach (var e in TransientEvents().ToList())
            {
                Append(e);
            }
        }

        var completed = NewEvent(EventType.WorkflowTaskCompleted, now);
        completed.WorkflowTaskCompletedEventAttributes = new WorkflowTaskCompletedEventAttributes
        {
            ScheduledEventId = task.ScheduledEventId,
            StartedEventId = task.StartedEventId,
            Identity = request.Identity,
            SdkMetadata = request.SdkMetadata,
        };
        var completedId = Append(completed).EventId;
        State.PreviousStartedEventId = task.StartedEventId;
        State.Task = null;
        State.Transitions++;
        if (request.StickyAttributes is { WorkerTaskQueue.Name.Length: > 0 } sticky)
        {
            State.StickyQueue = sticky.WorkerTaskQueue.Name;
            State.StickyTimeout = sticky.ScheduleToStartTimeout;
        }
        else
        {
            ClearSticky();
        }

        _wantsTask = false;
        var messages = new Dictionary<string, Message>(StringComparer.Ordinal);
        foreach (var message in request.Messages)
        {
            messages[message.Id] = message;
        }

        RequireCount(request, CommandType.SignalExternalWorkflowExecution, WorkflowTaskFailedCause.PendingSignalsLimitExceeded, "pending signals to external workflows");
        RequireCount(
            request, CommandType.RequestCancelExternalWorkflowExecution, WorkflowTaskFailedCause.PendingRequestCancelLimitExceeded, "pending requests to cancel external workflows");
        foreach (var command in request.Commands)
        {
            if (!IsRunning)
            {
                throw new CommandRejectedException(WorkflowTaskFailedCause.UnhandledCommand, $"command {command.CommandType} follows the command that closes the workflow");
            }

            Apply(command, messages, completedId, now);
        }

        foreach (var message in messages.Values.ToList())
        {
            Apply(message, now);
        }

        if (!IsRunning)
        {
            return;
        }

        RejectUnanswered();
        if (FlushBuffer() || _wantsTask || request.ForceCreateNewWorkflowTask || HasAdmittedUpdates)
        {
            EnsureWorkflowTask(now);
        }
    }

    private void Apply(Command command, Dictionary<string, Message> messages, long completedId, DateTimeOffset now)
    {
        switch (command.AttributesCase)
        {
            case Command.AttributesOneofCase.ScheduleActivityTaskCommandAttributes:
                ScheduleActivity(command, completedId, now);
                break;
            case Command.AttributesOneofCase.RequestCancelActivityTaskCommandAttributes:
                CancelActivity(command.RequestCancelActivityTaskCommandAttributes.ScheduledEventId, completedId, now);
                break;
            case Command.AttributesOneofCase.StartTimerCommandAttributes:
                StartTimer(command, completedId, now);
                break;
            case Command.AttributesOneofCase.CancelTimerCommandAttributes:
                CancelTimer(command.CancelTimerCommandAttributes.TimerId, completedId, now);
                break;
            case Command.AttributesOneofCase.RecordMarkerCommandAttributes:
                RecordMarker(command, completedId, now);
                break;
            case Command.AttributesOneofCase.UpsertWorkflowSearchAttributesCommandAttributes:
                UpsertSearchAttributes(command, completedId, now);
                break;
            case Command.AttributesOneofCase.ModifyWorkflowPropertiesCommandAttributes:
                UpsertMemo(command, completedId, now);
                break;
            case Command.AttributesOneofCase.StartChildWorkflowExecutionCommandAttributes:
                InitiateChild(command, completedId, now);
                break;
            case Command.AttributesOneofCase.SignalExternalWorkflowExecutionCommandAttributes:
                InitiateSignal(command, completedId, now);
                break;
            case Command.AttributesOneofCase.RequestCancelExternalWorkflowExecutionCommandAttributes:
                InitiateCancel(command, completedId, now);
                break;
            case Command.AttributesOneofCase.ProtocolMessageCommandAttributes:
                var id = command.ProtocolMessageCommandAttributes.MessageId;
                if (!messages.Remove(id, out var message))
                {
                    throw new CommandRejectedException(WorkflowTaskFailedCause.BadUpdateWorkflowExecutionMessage, $"the completion carries no message '{id}'");
                }

                Apply(message, now);
                break;
            case Command.AttributesOneofCase.CompleteWorkflowExecutionCommandAttributes:
                Complete(command, completedId, now);
                break;
            case Command.AttributesOneofCase.FailWorkflowExecutionCommandAttributes:
                Fail(command, completedId, now);
                break;
            case Command.AttributesOneofCase.CancelWorkflowExecutionCommandAttributes:
                Cancel(command, completedId, now);
                break;
            case Command.AttributesOneofCase.ContinueAsNewWorkflowExecutionCommandAttributes:
                ContinueAsNew(command, completedId, now);
                break;
            default:
                throw new CommandRejectedException(WorkflowTaskFailedCause.UnhandledCommand, $"command type {command.CommandType} is not supported by this server");
        }
    }
}
