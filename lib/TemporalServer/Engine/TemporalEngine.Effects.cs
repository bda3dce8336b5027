using TemporalServer.Machine;
using TemporalServer.Matching;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    private const string ServerIdentity = "temporal-server";

    /// <summary>Carries out what a run asked of the world, within the same change.</summary>
    private void Carry(Run run, Effect effect)
    {
        switch (effect)
        {
            case Effect.OfferWorkflowTask:
                _offers.Enqueue(() => OfferWorkflowTask(run));
                break;
            case Effect.OfferActivity offer:
                _offers.Enqueue(() => OfferActivity(run, offer.ScheduledEventId));
                break;
            case Effect.StartChild start:
                StartChild(run, start, Now);
                break;
            case Effect.SignalExternal signal:
                SignalExternal(run, signal, Now);
                break;
            case Effect.CancelExternal cancel:
                CancelExternal(run, cancel, Now);
                break;
            case Effect.Closed closed:
                AfterClose(run, closed, Now);
                break;
            case Effect.UpdateAdvanced { Stage: UpdateStage.Completed, Outcome: { } outcome } update when run.Machine.FindUpdate(update.UpdateId) is null:
                run.Rejections[update.UpdateId] = outcome;
                break;
        }
    }

    private void OfferWorkflowTask(Run run)
    {
        if (run.State.Task is not { StartedEventId: 0, VisibleAt: null } task)
        {
            return;
        }

        var key = new QueueKey(run.State.Namespace, run.State.TaskQueue, TaskQueueType.Workflow);
        if (task.Sticky)
        {
            var sticky = key with { Name = run.State.StickyQueue };
            if (_queues.HasWorker(sticky))
            {
                key = sticky;
            }
            else
            {
                run.Machine.LeaveStickyQueue();
                Touch(run);
            }
        }

        _queues.Offer(key, new TaskRef.WorkflowTask(run, task.Stamp), Deliver);
    }

    private void OfferActivity(Run run, long scheduledEventId)
    {
        if (run.State.Activities.TryGetValue(scheduledEventId, out var activity) && activity.StartedTime is null && activity.NextAttemptAt is null)
        {
            var key = new QueueKey(run.State.Namespace, activity.TaskQueue, TaskQueueType.Activity);
            _queues.Offer(key, new TaskRef.ActivityTask(run, scheduledEventId, activity.Stamp), Deliver);
        }
    }

    private void StartChild(Run parent, Effect.StartChild effect, DateTimeOffset now)
    {
        var a = effect.Attributes;
        if (!parent.Machine.IsRunning && a.ParentClosePolicy != ParentClosePolicy.Abandon)
        {
            return;
        }

        StartChildWorkflowExecutionFailedCause? refused = null;
        if (!HasNamespace(a.Namespace))
        {
            refused = StartChildWorkflowExecutionFailedCause.NamespaceNotFound;
        }
        else if (FindCurrent(a.Namespace, a.WorkflowId) is { } current)
        {
            if (current.Machine.IsRunning && a.WorkflowIdReusePolicy == TerminateIfRunning)
            {
                current.Machine.Terminate("TerminateIfRunning WorkflowIdReusePolicy", null, ServerIdentity, now);
                Touch(current);
            }
            else if (current.Machine.IsRunning || !MayReuse(a.WorkflowIdReusePolicy, current.State.Status))
            {
                refused = StartChildWorkflowExecutionFailedCause.WorkflowAlreadyExists;
            }
        }

        CronExpression? cron = null;
        if (refused is null && a.CronSchedule.Length > 0 && !CronExpression.TryParse(a.CronSchedule, out cron, out _))
        {
            refused = StartChildWorkflowExecutionFailedCause.Unspecified;
        }

        if (refused is { } cause)
        {
            parent.Machine.ChildStartFailed(effect.InitiatedEventId, a, cause, now);
            Touch(parent);
            return;
        }

        var started = new WorkflowExecutionStartedEventAttributes
        {
            WorkflowId = a.WorkflowId,
            WorkflowType = a.WorkflowType,
            ParentWorkflowNamespace = parent.State.Namespace,
            ParentWorkflowExecution = new WorkflowExecution { WorkflowId = parent.State.WorkflowId, RunId = parent.State.RunId },
            ParentInitiatedEventId = effect.InitiatedEventId,
            RootWorkflowExecution = parent.State.Root,
            TaskQueue = a.TaskQueue,
            Input = a.Input,
            WorkflowExecutionTimeout = a.WorkflowExecutionTimeout,
            WorkflowRunTimeout = a.WorkflowRunTimeout,
            WorkflowTaskTimeout = a.WorkflowTaskTimeout,
            RetryPolicy = a.RetryPolicy,
            CronSchedule = a.CronSchedule,
            FirstWorkflowTaskBackoff = ((cron?.Next(now) ?? now) - now).Span(),
            Memo = a.Memo,
            SearchAttributes = a.SearchAttributes,
            Header = a.Header,
            Priority = a.Priority,
        };
        var child = Register(WorkflowMachine.Begin(a.Namespace, NewId(), started, NewId(), effect.UserMetadata, now, NewId));

        // The parent learns of its child before the child runs.
        parent.Machine.ChildStarted(effect.InitiatedEventId, child.State.RunId, a.Header, now);
        Touch(parent);
        child.Machine.ScheduleFirstTask(now);
    }

    private void SignalExternal(Run source, Effect.SignalExternal effect, DateTimeOffset now)
    {
        var a = effect.Attributes;
        SignalExternalWorkflowExecutionFailedCause? failure = null;
        if (!HasNamespace(a.Namespace))
        {
            failure = SignalExternalWorkflowExecutionFailedCause.NamespaceNotFound;
        }
        else if (FindTarget(source, a.Namespace, a.WorkflowExecution, a.ChildWorkflowOnly) is not { } target)
        {
            failure = SignalExternalWorkflowExecutionFailedCause.ExternalWorkflowExecutionNotFound;
        }
        else if (!target.Machine.TakesSignals)
        {
            failure = SignalExternalWorkflowExecutionFailedCause.SignalCountLimitExceeded;
        }
        else
        {
            var signal = new WorkflowExecutionSignaledEventAttributes
            {
                SignalName = a.SignalName,
                Input = a.Input,
                Identity = ServerIdentity,
                Header = a.Header,
                ExternalWorkflowExecution = new WorkflowExecution { WorkflowId = source.State.WorkflowId, RunId = source.State.RunId },
            };
            target.Machine.Signal(signal, $"{source.State.RunId}:{effect.InitiatedEventId}", now);
            Touch(target);
        }

        source.Machine.ExternalSignalResult(effect.InitiatedEventId, a, failure, now);
        Touch(source);
    }

    private void CancelExternal(Run source, Effect.CancelExternal effect, DateTimeOffset now)
    {
        var a = effect.Attributes;
        CancelExternalWorkflowExecutionFailedCause? failure = null;
        if (!HasNamespace(a.Namespace))
        {
            failure = CancelExternalWorkflowExecutionFailedCause.NamespaceNotFound;
        }
        else if (FindTarget(source, a.Namespace, a.WorkflowExecution, a.ChildWorkflowOnly) is not { } target)
        {
            failure = CancelExternalWorkflowExecutionFailedCause.ExternalWorkflowExecutionNotFound;
        }
        else
        {
            var request = new WorkflowExecutionCancelRequestedEventAttributes
            {
                Cause = a.Reason,
                ExternalInitiatedEventId = effect.InitiatedEventId,
                ExternalWorkflowExecution = new WorkflowExecution { WorkflowId = source.State.WorkflowId, RunId = source.State.RunId },
                Identity = ServerIdentity,
            };
            target.Machine.RequestCancel(request, $"{source.State.RunId}:{effect.InitiatedEventId}", now);
            Touch(target);
        }

        source.Machine.ExternalCancelResult(effect.InitiatedEventId, a, failure, now);
        Touch(source);
    }

    private Run? FindTarget(Run source, string ns, WorkflowExecution execution, bool childOnly)
    {
        // A child is named by its first run; what it continued as is still that child.
        var target = childOnly ? FindCurrent(ns, execution.WorkflowId) : Find(ns, execution.WorkflowId, execution.RunId);
        if (target is null || !target.Machine.IsRunning)
        {
            return null;
        }

        return !childOnly || target.State.Parent?.Execution.WorkflowId == source.State.WorkflowId ? target : null;
    }

    private void AfterClose(Run run, Effect.Closed closed, DateTimeOffset now)
    {
        // Another run takes the place of one that is reset: its parent waits for that one, and its children have it for a parent.
        var reset = run.IsBeingReset;
        if (closed.Next is { } next)
        {
            StartNext(run, next, now);
        }
        else if (!reset && FindParent(run) is { } parent)
        {
            var execution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId };
            parent.Machine.ChildClosed(run.State.Parent.InitiatedEventId, execution, closed.Event, now);
            Touch(parent);
        }

        if (closed.Next is null && !reset)
        {
            TellSchedule(run, closed.Event);
        }

        foreach (var child in closed.Children.Where(c => c.RunId.Length > 0 && !(reset && run.State.ResetRunId.Length > 0)))
        {
            ApplyParentClose(run, child, now);
        }

        // Queries that waited for a task are asked of the closed history instead.
        foreach (var query in run.Queries.ToList())
        {
            run.Queries.Remove(query);
            _offers.Enqueue(() => OfferQuery(query));
        }
    }

    /// <summary>The open run that waits for this one: its parent, or what took the parent's place by a reset.</summary>
    private Run? FindParent(Run run)
    {
        if (run.State.Parent is not { } link)
        {
            return null;
        }

        var parent = Find(link.Namespace, link.Execution.WorkflowId, link.Execution.RunId);
        while (parent is { Machine.IsRunning: false, State.ResetRunId.Length: > 0 })
        {
            parent = Find(link.Namespace, link.Execution.WorkflowId, parent.State.ResetRunId);
        }

        // After a reset the same event may have started another child.
        return parent?.Machine.IsRunning == true
            && parent.State.Children.TryGetValue(link.InitiatedEventId, out var child)
            && child.RunId == run.State.FirstRunId ? parent : null;
    }

    private void ApplyParentClose(Run parent, ChildState child, DateTimeOffset now)
    {
        if (FindCurrent(child.Namespace, child.WorkflowId) is not { } run || !run.Machine.IsRunning || run.State.FirstRunId != child.RunId)
        {
            return;
        }

        switch (child.ParentClosePolicy)
        {
            case ParentClosePolicy.Terminate:
                run.Machine.Terminate("by parent close policy", null, ServerIdentity, now);
                break;
            case ParentClosePolicy.RequestCancel:
                var request = new WorkflowExecutionCancelRequestedEventAttributes
                {
                    Cause = "by parent close policy",
                    ExternalWorkflowExecution = new WorkflowExecution { WorkflowId = parent.State.WorkflowId, RunId = parent.State.RunId },
                    Identity = ServerIdentity,
                };
                run.Machine.RequestCancel(request, $"{parent.State.RunId}:close", now);
                break;
            default:
                return;
        }

        Touch(run);
    }
}
