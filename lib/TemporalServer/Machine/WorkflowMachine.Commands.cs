using Google.Protobuf.WellKnownTypes;

namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    private static void Require(bool condition, WorkflowTaskFailedCause cause, string message)
    {
        if (!condition)
        {
            throw new CommandRejectedException(cause, message);
        }
    }

    /// <summary>What a command carries must fit an event; a worker would send the same again, so the run ends.</summary>
    private static void RequireSize(Google.Protobuf.IMessage? content, WorkflowTaskFailedCause cause, string what)
    {
        if (content?.CalculateSize() > Limits.BlobBytes)
        {
            throw new CommandRejectedException(cause, $"{what} exceeds size limit.", endsWorkflow: true);
        }
    }

    private static void RequireSearchAttributes(SearchAttributes? attributes, WorkflowTaskFailedCause tooLarge)
    {
        Require(SearchAttributeRules.Problem(attributes) is null, WorkflowTaskFailedCause.BadSearchAttributes, $"{SearchAttributeRules.Problem(attributes)}");
        RequireSearchAttributesFit(attributes, tooLarge);
    }

    private static void RequireSearchAttributesFit(SearchAttributes? attributes, WorkflowTaskFailedCause tooLarge)
    {
        if (SearchAttributeRules.SizeProblem(attributes) is { } problem)
        {
            throw new CommandRejectedException(tooLarge, problem, endsWorkflow: true);
        }
    }

    private static void RequirePending(int pending, WorkflowTaskFailedCause cause, string what) =>
        Require(pending < Limits.Pending, cause, $"the number of {what}, {pending}, has reached the per-workflow limit of {Limits.Pending}");

    /// <summary>External signals and cancellations are carried out with the completion, so only those of one completion pend together.</summary>
    private static void RequireCount(RespondWorkflowTaskCompletedRequest request, CommandType type, WorkflowTaskFailedCause cause, string what)
    {
        if (request.Commands.Count > Limits.Pending)
        {
            RequirePending(request.Commands.Count(c => c.CommandType == type) - 1, cause, what);
        }
    }

    private void ScheduleActivity(Command command, long completedId, DateTimeOffset now)
    {
        const WorkflowTaskFailedCause Bad = WorkflowTaskFailedCause.BadScheduleActivityAttributes;
        var a = command.ScheduleActivityTaskCommandAttributes;
        Require(a.ActivityId.Length > 0, Bad, "ActivityId is not set on the ScheduleActivityTask command");
        Require(a.ActivityType?.Name is { Length: > 0 }, Bad, $"ActivityType is not set on the ScheduleActivityTask command, activity '{a.ActivityId}'");
        Require(
            a.ScheduleToCloseTimeout.IsSet() || a.StartToCloseTimeout.IsSet(),
            Bad,
            $"neither StartToCloseTimeout nor ScheduleToCloseTimeout is set on activity '{a.ActivityId}' of type '{a.ActivityType!.Name}'");
        Require(
            State.Activities.Values.All(other => other.ActivityId != a.ActivityId),
            WorkflowTaskFailedCause.ScheduleActivityDuplicateId,
            $"an activity with id '{a.ActivityId}' is pending");
        Require(a.ActivityId.Length <= Limits.IdLength, Bad, "ActivityId on the ScheduleActivityTask command exceeds the length limit");
        Require(a.ActivityType.Name.Length <= Limits.IdLength, Bad, "ActivityType on the ScheduleActivityTask command exceeds the length limit");
        Require(RetryDecision.Problem(a.RetryPolicy) is null, Bad, $"activity '{a.ActivityId}': {RetryDecision.Problem(a.RetryPolicy)}");
        RequireSize(a.Input, Bad, "ScheduleActivityTaskCommandAttributes.Input");
        RequirePending(State.Activities.Count, WorkflowTaskFailedCause.PendingActivitiesLimitExceeded, "pending activities");

        var close = Times.Shorter(a.ScheduleToCloseTimeout, State.RunTimeout);
        var queue = a.TaskQueue?.Name is { Length: > 0 } named ? named : State.TaskQueue;
        var attributes = new ActivityTaskScheduledEventAttributes
        {
            ActivityId = a.ActivityId,
            ActivityType = a.ActivityType,
            TaskQueue = new TaskQueue { Name = queue, Kind = TaskQueueKind.Normal },
            Header = a.Header,
            Input = a.Input,
            ScheduleToCloseTimeout = close ?? new Duration(),
            ScheduleToStartTimeout = Times.Shorter(a.ScheduleToStartTimeout, close) ?? new Duration(),
            StartToCloseTimeout = Times.Shorter(a.StartToCloseTimeout, close) ?? new Duration(),
            HeartbeatTimeout = a.HeartbeatTimeout.IsSet() ? Times.Shorter(a.HeartbeatTimeout, a.StartToCloseTimeout) : new Duration(),
            WorkflowTaskCompletedEventId = completedId,
            RetryPolicy = RetryDecision.Complete(a.RetryPolicy),
            Priority = a.Priority,
        };
        var e = NewEvent(EventType.ActivityTaskScheduled, now);
        e.ActivityTaskScheduledEventAttributes = attributes;
        e.UserMetadata = command.UserMetadata;
        var id = Append(e).EventId;
        State.Activities[id] = NewActivity(e);
        _effects.Add(new Effect.OfferActivity(id));
    }

    private void CancelActivity(long scheduledEventId, long completedId, DateTimeOffset now)
    {
        Require(
            scheduledEventId > 0 && scheduledEventId < State.NextEventId,
            WorkflowTaskFailedCause.BadRequestCancelActivityAttributes,
            $"no activity was scheduled by event {scheduledEventId}");
        var e = NewEvent(EventType.ActivityTaskCancelRequested, now);
        e.ActivityTaskCancelRequestedEventAttributes = new ActivityTaskCancelRequestedEventAttributes
        {
            ScheduledEventId = scheduledEventId,
            WorkflowTaskCompletedEventId = completedId,
        };
        var requested = Append(e).EventId;

        // Its completion may already wait in the buffer; then the request comes too late and changes nothing.
        if (!State.Activities.TryGetValue(scheduledEventId, out var activity))
        {
            return;
        }

        activity.CancelRequestedEventId = requested;
        if (activity.StartedTime is null)
        {
            State.Activities.Remove(scheduledEventId);
            Append(CanceledEvent(activity, started: 0, details: null, identity: string.Empty, now));
            _wantsTask = true;
        }
    }

    private void StartTimer(Command command, long completedId, DateTimeOffset now)
    {
        var a = command.StartTimerCommandAttributes;
        Require(a.TimerId.Length > 0, WorkflowTaskFailedCause.BadStartTimerAttributes, "TimerId is not set on the StartTimer command");
        Require(a.StartToFireTimeout is not null, WorkflowTaskFailedCause.BadStartTimerAttributes, $"StartToFireTimeout is not set on timer '{a.TimerId}'");
        Require(!State.Timers.ContainsKey(a.TimerId), WorkflowTaskFailedCause.StartTimerDuplicateId, $"a timer with id '{a.TimerId}' is pending");
        var e = NewEvent(EventType.TimerStarted, now);
        e.TimerStartedEventAttributes = new TimerStartedEventAttributes
        {
            TimerId = a.TimerId,
            StartToFireTimeout = a.StartToFireTimeout,
            WorkflowTaskCompletedEventId = completedId,
        };
        e.UserMetadata = command.UserMetadata;
        Append(e);
        State.Timers[a.TimerId] = NewTimer(e);
    }

    private void CancelTimer(string timerId, long completedId, DateTimeOffset now)
    {
        long started;
        if (State.Timers.TryGetValue(timerId, out var timer))
        {
            started = timer.StartedEventId;
            State.Timers.Remove(timerId);
        }
        else if (State.Buffered.FirstOrDefault(b => b.TimerFiredEventAttributes?.TimerId == timerId) is { } fired)
        {
            // It fired while the worker decided to cancel it: the worker's word stands.
            started = fired.TimerFiredEventAttributes.StartedEventId;
            State.Buffered.Remove(fired);
        }
        else
        {
            throw new CommandRejectedException(WorkflowTaskFailedCause.BadCancelTimerAttributes, $"no timer with id '{timerId}' is pending");
        }

        var e = NewEvent(EventType.TimerCanceled, now);
        e.TimerCanceledEventAttributes = new TimerCanceledEventAttributes
        {
            TimerId = timerId,
            StartedEventId = started,
            WorkflowTaskCompletedEventId = completedId,
        };
        Append(e);
    }

    private void RecordMarker(Command command, long completedId, DateTimeOffset now)
    {
        var a = command.RecordMarkerCommandAttributes;
        Require(a.MarkerName.Length > 0, WorkflowTaskFailedCause.BadRecordMarkerAttributes, "MarkerName is not set on the RecordMarker command");
        Require(
            a.MarkerName.Length <= Limits.IdLength, WorkflowTaskFailedCause.BadRecordMarkerAttributes, "MarkerName on the RecordMarker command exceeds the length limit");
        RequireSize(a, WorkflowTaskFailedCause.BadRecordMarkerAttributes, "RecordMarkerCommandAttributes.Details");
        var e = NewEvent(EventType.MarkerRecorded, now);
        e.MarkerRecordedEventAttributes = new MarkerRecordedEventAttributes
        {
            MarkerName = a.MarkerName,
            WorkflowTaskCompletedEventId = completedId,
            Header = a.Header,
            Failure = a.Failure,
        };
        e.MarkerRecordedEventAttributes.Details.Add(a.Details);
        e.UserMetadata = command.UserMetadata;
        Append(e);
    }

    private void UpsertSearchAttributes(Command command, long completedId, DateTimeOffset now)
    {
        var changes = command.UpsertWorkflowSearchAttributesCommandAttributes.SearchAttributes;
        Require(changes is not null, WorkflowTaskFailedCause.BadSearchAttributes, "SearchAttributes is not set on the UpsertWorkflowSearchAttributes command");
        Require(changes!.IndexedFields.Count > 0, WorkflowTaskFailedCause.BadSearchAttributes, "IndexedFields is not set on the UpsertWorkflowSearchAttributes command");
        RequireSize(changes, WorkflowTaskFailedCause.BadSearchAttributes, "UpsertWorkflowSearchAttributesCommandAttributes");
        RequireSearchAttributes(changes, WorkflowTaskFailedCause.BadSearchAttributes);
        var merged = State.SearchAttributes?.Clone() ?? new SearchAttributes();
        Merge(merged.IndexedFields, changes.IndexedFields);
        RequireSearchAttributesFit(merged, WorkflowTaskFailedCause.BadSearchAttributes);
        var e = NewEvent(EventType.UpsertWorkflowSearchAttributes, now);
        e.UpsertWorkflowSearchAttributesEventAttributes = new UpsertWorkflowSearchAttributesEventAttributes
        {
            WorkflowTaskCompletedEventId = completedId,
            SearchAttributes = changes,
        };
        Append(e);
        State.SearchAttributes = merged;
    }

    private void UpsertMemo(Command command, long completedId, DateTimeOffset now)
    {
        var changes = command.ModifyWorkflowPropertiesCommandAttributes.UpsertedMemo;
        Require(changes is not null, WorkflowTaskFailedCause.BadModifyWorkflowPropertiesAttributes, "UpsertedMemo is not set on the ModifyWorkflowProperties command");
        RequireSize(changes, WorkflowTaskFailedCause.BadModifyWorkflowPropertiesAttributes, "ModifyWorkflowPropertiesCommandAttributes");
        var e = NewEvent(EventType.WorkflowPropertiesModified, now);
        e.WorkflowPropertiesModifiedEventAttributes = new WorkflowPropertiesModifiedEventAttributes
        {
            WorkflowTaskCompletedEventId = completedId,
            UpsertedMemo = changes,
        };
        Append(e);
        State.Memo ??= new Memo();
        Merge(State.Memo.Fields, changes!.Fields);
    }
}
