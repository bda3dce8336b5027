using TemporalServer.Machine;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
#pragma warning disable CS0612 // The protocol calls it deprecated; clients may still ask for it.
    private const WorkflowIdReusePolicy TerminateIfRunning = WorkflowIdReusePolicy.TerminateIfRunning;
#pragma warning restore CS0612

    public Task<StartWorkflowExecutionResponse> StartAsync(StartWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        RequireNamespace(request.Namespace);
        ValidateStart(request);
        var (run, started) = StartOrFind(request, signal: null, now);
        return StartResponse(run, started);
    });

    private static StartWorkflowExecutionResponse StartResponse(Run run, bool started) => new()
    {
        RunId = run.State.RunId,
        FirstExecutionRunId = run.State.FirstRunId,
        Started = started,
        Status = run.State.Status,
    };

    public Task<SignalWithStartWorkflowExecutionResponse> SignalWithStartAsync(SignalWithStartWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        RequireNamespace(request.Namespace);
        var start = new StartWorkflowExecutionRequest
        {
            Namespace = request.Namespace,
            WorkflowId = request.WorkflowId,
            WorkflowType = request.WorkflowType,
            TaskQueue = request.TaskQueue,
            Input = request.Input,
            WorkflowExecutionTimeout = request.WorkflowExecutionTimeout,
            WorkflowRunTimeout = request.WorkflowRunTimeout,
            WorkflowTaskTimeout = request.WorkflowTaskTimeout,
            Identity = request.Identity,
            RequestId = request.RequestId,
            WorkflowIdReusePolicy = request.WorkflowIdReusePolicy,
            WorkflowIdConflictPolicy = request.WorkflowIdConflictPolicy == WorkflowIdConflictPolicy.Unspecified
                ? WorkflowIdConflictPolicy.UseExisting
                : request.WorkflowIdConflictPolicy,
            RetryPolicy = request.RetryPolicy,
            CronSchedule = request.CronSchedule,
            Memo = request.Memo,
            SearchAttributes = request.SearchAttributes,
            Header = request.Header,
            WorkflowStartDelay = request.WorkflowStartDelay,
            UserMetadata = request.UserMetadata,
            Priority = request.Priority,
        };
        ValidateStart(start);
        RequireSignal(request.SignalName, request.SignalInput, request.RequestId, request.Identity);
        var signal = new WorkflowExecutionSignaledEventAttributes
        {
            SignalName = request.SignalName,
            Input = request.SignalInput,
            Identity = request.Identity,
            Header = request.Header,
        };
        var (run, started) = StartOrFind(start, signal, now);
        if (!started)
        {
            RequireRoomForSignal(run, request.RequestId);
            run.Machine.Signal(signal, request.RequestId, now);
            run.Machine.EndStartDelay(now);
            Touch(run);
        }

        return new SignalWithStartWorkflowExecutionResponse { RunId = run.State.RunId, FirstExecutionRunId = run.State.FirstRunId, Started = started };
    });

    private static void ValidateStart(StartWorkflowExecutionRequest request)
    {
        if (request.WorkflowId.Length == 0)
        {
            throw Errors.Invalid("WorkflowId is not set on request.");
        }

        if (request.WorkflowType?.Name is not { Length: > 0 })
        {
            throw Errors.Invalid("WorkflowType is not set on request.");
        }

        if (request.TaskQueue?.Name is not { Length: > 0 })
        {
            throw Errors.Invalid("TaskQueue is not set on request.");
        }

        Require.Length("WorkflowId", request.WorkflowId);
        Require.Length("WorkflowType", request.WorkflowType.Name);
        Require.Length("TaskQueue", request.TaskQueue.Name);
        Require.Length("RequestId", request.RequestId);
        Require.Length("Identity", request.Identity);
        Require.NotNegative("WorkflowExecutionTimeout", request.WorkflowExecutionTimeout);
        Require.NotNegative("WorkflowRunTimeout", request.WorkflowRunTimeout);
        Require.NotNegative("WorkflowTaskTimeout", request.WorkflowTaskTimeout);
        Require.NotNegative("WorkflowStartDelay", request.WorkflowStartDelay);
        Require.Blob(request.Input);
        Require.MemoSize(request.Memo);
        Require.SearchAttributes(request.SearchAttributes);
        if (RetryDecision.Problem(request.RetryPolicy) is { } problem)
        {
            throw Errors.Invalid(problem);
        }

        if (request.CronSchedule.Length > 0)
        {
            if (!CronExpression.TryParse(request.CronSchedule, out _, out var error))
            {
                throw Errors.Invalid(error);
            }

            if (request.WorkflowStartDelay.IsSet())
            {
                throw Errors.Invalid("CronSchedule and WorkflowStartDelay may not be used together.");
            }
        }

        if (request.WorkflowIdReusePolicy == TerminateIfRunning && request.WorkflowIdConflictPolicy != WorkflowIdConflictPolicy.Unspecified)
        {
            throw Errors.Invalid("WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIdConflictPolicy.");
        }
    }

    /// <summary>Applies the id policies: the run that answers the request, and whether it is new.</summary>
    private (Run Run, bool Started) StartOrFind(StartWorkflowExecutionRequest request, WorkflowExecutionSignaledEventAttributes? signal, DateTimeOffset now)
    {
        if (FindCurrent(request.Namespace, request.WorkflowId) is { } current)
        {
            if (request.RequestId.Length > 0 && current.State.StartRequestId == request.RequestId)
            {
                // The same request again: its answer was lost on the way. A signal that went with it is known by the same id.
                return (current, signal is null);
            }

            if (current.Machine.IsRunning)
            {
                var terminate = request.WorkflowIdReusePolicy == TerminateIfRunning
                    || request.WorkflowIdConflictPolicy == WorkflowIdConflictPolicy.TerminateExisting;
                if (!terminate)
                {
                    return request.WorkflowIdConflictPolicy == WorkflowIdConflictPolicy.UseExisting ? (current, false) : throw Errors.AlreadyStarted(current.State);
                }

                RequireRoom();
                current.Machine.Terminate("TerminateIfRunning WorkflowIdReusePolicy", null, request.Identity, now);
                Touch(current);
            }
            else if (!MayReuse(request.WorkflowIdReusePolicy, current.State.Status))
            {
                throw Errors.AlreadyStarted(current.State);
            }
        }

        RequireRoom();
        return (Start(request, signal, now), true);
    }

    private static bool MayReuse(WorkflowIdReusePolicy policy, WorkflowExecutionStatus closed) => policy switch
    {
        WorkflowIdReusePolicy.RejectDuplicate => false,
        WorkflowIdReusePolicy.AllowDuplicateFailedOnly => closed is not (WorkflowExecutionStatus.Completed or WorkflowExecutionStatus.ContinuedAsNew),
        _ => true,
    };

    private Run Start(StartWorkflowExecutionRequest request, WorkflowExecutionSignaledEventAttributes? signal, DateTimeOffset now)
    {
        var attributes = new WorkflowExecutionStartedEventAttributes
        {
            WorkflowId = request.WorkflowId,
            WorkflowType = request.WorkflowType,
            TaskQueue = new TaskQueue { Name = request.TaskQueue.Name, Kind = TaskQueueKind.Normal },
            Input = request.Input,
            WorkflowExecutionTimeout = request.WorkflowExecutionTimeout,
            WorkflowRunTimeout = request.WorkflowRunTimeout,
            WorkflowTaskTimeout = request.WorkflowTaskTimeout,
            ContinuedFailure = request.ContinuedFailure,
            LastCompletionResult = request.LastCompletionResult,
            Identity = request.Identity,
            RetryPolicy = request.RetryPolicy is null ? null : RetryDecision.Complete(request.RetryPolicy),
            CronSchedule = request.CronSchedule,
            FirstWorkflowTaskBackoff = FirstBackoff(request, now).Span(),
            Memo = request.Memo,
            SearchAttributes = request.SearchAttributes,
            Header = request.Header,
            Priority = request.Priority,
        };
        var machine = WorkflowMachine.Begin(request.Namespace, NewId(), attributes, request.RequestId, request.UserMetadata, now, NewId);
        var run = Register(machine);
        if (signal is not null)
        {
            // The signal comes before the first task, so that the workflow's code finds it there.
            machine.Signal(signal, request.RequestId, now);
        }

        machine.ScheduleFirstTask(now);
        return run;
    }

    private static TimeSpan FirstBackoff(StartWorkflowExecutionRequest request, DateTimeOffset now)
    {
        if (request.CronSchedule.Length > 0 && CronExpression.TryParse(request.CronSchedule, out var cron, out _))
        {
            return (cron.Next(now) ?? throw Errors.Invalid($"CronSchedule '{request.CronSchedule}' names no time.")) - now;
        }

        return request.WorkflowStartDelay.OrZero();
    }

    /// <summary>Starts the run that follows a closed one.</summary>
    private void StartNext(Run closed, NextRun next, DateTimeOffset now)
    {
        var first = EventsOf(closed)[0].WorkflowExecutionStartedEventAttributes;
        var attributes = first.Clone();
        attributes.ContinuedExecutionRunId = closed.State.RunId;
        attributes.Initiator = next.Initiator;
        attributes.ContinuedFailure = next.Failure;
        attributes.LastCompletionResult = next.LastResult;
        attributes.FirstExecutionRunId = closed.State.FirstRunId;
        attributes.Attempt = next.Attempt;
        attributes.FirstWorkflowTaskBackoff = next.Backoff.Span();
        attributes.Memo = next.Memo;
        attributes.SearchAttributes = next.SearchAttributes;
        attributes.WorkflowExecutionExpirationTime = next.ExecutionExpires;
        if (next.Command is { } command)
        {
            attributes.WorkflowType = command.WorkflowType?.Name is { Length: > 0 } ? command.WorkflowType : attributes.WorkflowType;
            attributes.TaskQueue = command.TaskQueue?.Name is { Length: > 0 } ? command.TaskQueue : attributes.TaskQueue;
            attributes.Input = command.Input;
            attributes.Header = command.Header;
            attributes.WorkflowRunTimeout = command.WorkflowRunTimeout ?? attributes.WorkflowRunTimeout;
            attributes.WorkflowTaskTimeout = command.WorkflowTaskTimeout ?? attributes.WorkflowTaskTimeout;
            attributes.RetryPolicy = command.RetryPolicy is null ? attributes.RetryPolicy : RetryDecision.Complete(command.RetryPolicy);
            attributes.CronSchedule = command.CronSchedule.Length > 0 ? command.CronSchedule : attributes.CronSchedule;
        }

        var machine = WorkflowMachine.Begin(closed.State.Namespace, next.RunId, attributes, NewId(), closed.State.UserMetadata, now, NewId);
        machine.State.OriginalStartTime = closed.State.OriginalStartTime;
        Register(machine);
        machine.ScheduleFirstTask(now);
    }
}
