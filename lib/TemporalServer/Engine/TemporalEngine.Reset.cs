using TemporalServer.Machine;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    /// <summary>Starts a run that shares the beginning of another's history, in the place of the current one.</summary>
    public Task<ResetWorkflowExecutionResponse> ResetAsync(ResetWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        if (request.RequestId.Length == 0)
        {
            throw Errors.Invalid("RequestId is not set on request.");
        }

        var origin = Get(request.Namespace, request.WorkflowExecution);
        var cut = request.WorkflowTaskFinishEventId;
        if (cut <= 1 || cut > origin.Machine.LastEventId)
        {
            throw Errors.Invalid("Workflow task finish ID must be > 1 && <= workflow last event ID.");
        }

        var current = FindCurrent(request.Namespace, origin.State.WorkflowId)!;
        if (current.State.ResetRequestId == request.RequestId)
        {
            // The same request again: its answer was lost on the way.
            return new ResetWorkflowExecutionResponse { RunId = current.State.RunId };
        }

        var machine = WorkflowMachine.Rebuild(request.Namespace, NewId(), EventsOf(origin).Take((int)cut - 1), origin.State, now, NewId);
        if (machine.State.Task is null)
        {
            throw Errors.Invalid($"Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: {cut}");
        }

        machine.State.ResetRequestId = request.RequestId;
        machine.Depart(origin.State.RunId, request.Reason, now);
        origin.State.ResetRunId = machine.State.RunId;
        Touch(origin);
        if (current.Machine.IsRunning)
        {
            // Settled at once: what its end brings to light (signals that were held back) is taken over as well.
            current.IsBeingReset = true;
            current.Machine.Terminate(request.Reason, null, WorkflowMachine.Resetter, now);
            Settle(current);
        }

        var excluded = Excluded(request);
        foreach (var (e, ofBase) in EventsAfter(origin, (int)cut))
        {
            machine.TakeOver(e, ofBase, excluded, now);
        }

        TakeOverChildren(machine, now);
        Register(machine);
        machine.ScheduleFirstTask(now);
        return new ResetWorkflowExecutionResponse { RunId = machine.State.RunId };
    });

    private static HashSet<ResetReapplyExcludeType> Excluded(ResetWorkflowExecutionRequest request)
    {
        var excluded = request.ResetReapplyExcludeTypes.ToHashSet();
#pragma warning disable CS0612 // The protocol calls the type deprecated; clients may still send it.
        var type = request.ResetReapplyType;
#pragma warning restore CS0612
        if (type is ResetReapplyType.Signal or ResetReapplyType.None)
        {
            excluded.Add(ResetReapplyExcludeType.Update);
        }

        if (type == ResetReapplyType.None)
        {
            excluded.Add(ResetReapplyExcludeType.Signal);
        }

        return excluded;
    }

    /// <summary>The events of a run from one on, then those of the runs it continued as.</summary>
    private IEnumerable<(HistoryEvent Event, bool OfBase)> EventsAfter(Run origin, int from)
    {
        Run? run = origin;
        while (run is not null)
        {
            var events = EventsOf(run);
            foreach (var e in events.Skip(from - 1))
            {
                yield return (e, run == origin);
            }

            from = 1;
            var next = events[^1].WorkflowExecutionContinuedAsNewEventAttributes?.NewExecutionRunId;
            run = next is null ? null : Find(origin.State.Namespace, origin.State.WorkflowId, next);
        }
    }

    /// <summary>Children that closed when nobody waited for them any more (their parent had closed) are told of now.</summary>
    private void TakeOverChildren(WorkflowMachine machine, DateTimeOffset now)
    {
        foreach (var child in machine.State.Children.Values.Where(c => c.RunId.Length > 0).OrderBy(c => c.InitiatedEventId).ToList())
        {
            var run = Find(child.Namespace, child.WorkflowId, child.RunId);
            while (run is { Machine.IsRunning: false, State.NewRunId.Length: > 0 })
            {
                run = Find(child.Namespace, child.WorkflowId, run.State.NewRunId);
            }

            if (run is { Machine.IsRunning: false })
            {
                var execution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId };
                machine.ChildClosed(child.InitiatedEventId, execution, EventsOf(run)[^1], now);
            }
        }
    }
}
