namespace TemporalServer.Machine;

internal sealed partial class WorkflowMachine
{
    /// <summary>Who ends a run to put another in its place.</summary>
    public const string Resetter = "history-resetter";

    private const string HistoryService = "history-service";
    private long _lastCopied;

    /// <summary>Marks where a rebuilt run departs from its origin: its workflow task fails, and activities begin anew.</summary>
    /// <param name="baseRunId">The run whose history was copied.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="now">The time.</param>
    public void Depart(string baseRunId, string reason, DateTimeOffset now)
    {
        var task = State.Task;
        if (task.StartedEventId == 0)
        {
            task.StartedTime = now.Stamp();
            task.Identity = HistoryService;
            task.RequestId = newId();
            Record(StartedEvent(task));
        }

        var failed = NewEvent(EventType.WorkflowTaskFailed, now);
        failed.WorkflowTaskFailedEventAttributes = new WorkflowTaskFailedEventAttributes
        {
            ScheduledEventId = task.ScheduledEventId,
            StartedEventId = task.StartedEventId,
            Cause = WorkflowTaskFailedCause.ResetWorkflow,
            Failure = FailureOf.Reset(reason),
            Identity = HistoryService,
            BaseRunId = baseRunId,
            NewRunId = State.RunId,
        };
        Record(failed);
        foreach (var activity in State.Activities.Values.OrderBy(a => a.ScheduledEventId).ToList())
        {
            if (activity.StartedTime is null)
            {
                activity.ScheduledTime = now.Stamp();
                activity.AttemptScheduledTime = now.Stamp();
                OfferAttempt(activity);
                continue;
            }

            // The cut went between its started event and the event that closed it.
            var e = NewEvent(EventType.ActivityTaskFailed, now);
            e.ActivityTaskFailedEventAttributes = new ActivityTaskFailedEventAttributes
            {
                Failure = FailureOf.Reset(reason),
                ScheduledEventId = activity.ScheduledEventId,
                StartedEventId = _newEvents.FindLast(s => s.ActivityTaskStartedEventAttributes?.ScheduledEventId == activity.ScheduledEventId)!.EventId,
                RetryState = RetryState.NonRetryableFailure,
            };
            Record(e);
        }
    }

    /// <summary>Takes over an event that came after the cut: signals, updates, and answers to what was asked for before it.</summary>
    /// <param name="e">The event.</param>
    /// <param name="ofBase">Whether it is of the run that was copied, rather than of one that followed it.</param>
    /// <param name="excluded">What is not to be taken over.</param>
    /// <param name="now">The time.</param>
    public void TakeOver(HistoryEvent e, bool ofBase, IReadOnlySet<ResetReapplyExcludeType> excluded, DateTimeOffset now)
    {
        switch (e.EventType)
        {
            case EventType.WorkflowExecutionSignaled when !excluded.Contains(ResetReapplyExcludeType.Signal):
                var signal = NewEvent(e.EventType, now);
                signal.WorkflowExecutionSignaledEventAttributes = e.WorkflowExecutionSignaledEventAttributes.Clone();
                Record(signal);
                break;
            case EventType.WorkflowExecutionUpdateAdmitted when !excluded.Contains(ResetReapplyExcludeType.Update):
                Admit(e.WorkflowExecutionUpdateAdmittedEventAttributes.Request, now);
                break;
            case EventType.WorkflowExecutionUpdateAccepted when !excluded.Contains(ResetReapplyExcludeType.Update):
                // One without a request was admitted by an event, and that has been taken over.
                if (e.WorkflowExecutionUpdateAcceptedEventAttributes.AcceptedRequest is { } request)
                {
                    Admit(request, now);
                }

                break;
            default:
                if (ofBase && Id(e, "initiated_event_id") is > 0 and var initiated && initiated <= _lastCopied)
                {
                    Answer(e, initiated, now);
                }

                break;
        }
    }

    /// <summary>The answer to a child's start, a signal or a request to cancel that is in the copied part.</summary>
    private void Answer(HistoryEvent e, long initiated, DateTimeOffset now)
    {
        var answer = e.Clone();
        answer.EventTime = now.Stamp();
        if (State.Children.TryGetValue(initiated, out var child))
        {
            var attributes = AttributesOf(answer);
            attributes.Descriptor.FindFieldByName("started_event_id")?.Accessor.SetValue(attributes, child.StartedEventId);
        }

        Record(answer);
    }

    private void Admit(Temporalio.Api.Update.V1.Request request, DateTimeOffset now)
    {
        var e = NewEvent(EventType.WorkflowExecutionUpdateAdmitted, now);
        e.WorkflowExecutionUpdateAdmittedEventAttributes = new WorkflowExecutionUpdateAdmittedEventAttributes
        {
            Request = request.Clone(),
            Origin = UpdateAdmittedEventOrigin.Reapply,
        };
        Record(e);
    }
}
