using Temporalio.Api.Workflow.V1;
using TemporalServer.Machine;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    public Task<SignalWorkflowExecutionResponse> SignalAsync(SignalWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        var run = GetOpen(request.Namespace, request.WorkflowExecution);
        RequireSignal(request.SignalName, request.Input, request.RequestId, request.Identity);
        RequireRoomForSignal(run, request.RequestId);
        var signal = new WorkflowExecutionSignaledEventAttributes
        {
            SignalName = request.SignalName,
            Input = request.Input,
            Identity = request.Identity,
            Header = request.Header,
        };
        run.Machine.Signal(signal, request.RequestId, now);
        Touch(run);
        return new SignalWorkflowExecutionResponse();
    });

    public Task<RequestCancelWorkflowExecutionResponse> RequestCancelAsync(RequestCancelWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        var run = GetOpen(request.Namespace, request.WorkflowExecution);
        RequireChain(run, request.FirstExecutionRunId);
        var cancel = new WorkflowExecutionCancelRequestedEventAttributes { Cause = request.Reason, Identity = request.Identity };
        run.Machine.RequestCancel(cancel, request.RequestId, now);
        Touch(run);
        return new RequestCancelWorkflowExecutionResponse();
    });

    public Task<TerminateWorkflowExecutionResponse> TerminateAsync(TerminateWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        var run = GetOpen(request.Namespace, request.WorkflowExecution);
        RequireChain(run, request.FirstExecutionRunId);
        Require.Blob(request.Details);
        run.Machine.Terminate(request.Reason, request.Details, request.Identity, now);
        Touch(run);
        return new TerminateWorkflowExecutionResponse();
    });

    public Task<DeleteWorkflowExecutionResponse> DeleteAsync(DeleteWorkflowExecutionRequest request) => ExecuteAsync(now =>
    {
        var run = Get(request.Namespace, request.WorkflowExecution);
        if (run.Machine.IsRunning)
        {
            run.Machine.Terminate("Delete workflow execution", null, ServerIdentity, now);
            Touch(run);
            SettleAll();
        }

        _batch.Deleted.Add(run.State.RunId);
        return new DeleteWorkflowExecutionResponse();
    });

    public Task<DescribeWorkflowExecutionResponse> DescribeAsync(DescribeWorkflowExecutionRequest request) => ExecuteAsync(_ =>
    {
        var run = Get(request.Namespace, request.Execution);
        return Describe(run);
    });

    private static void RequireSignal(string name, Payloads? input, string requestId, string identity)
    {
        if (name.Length == 0)
        {
            throw Errors.Invalid("SignalName is not set on request.");
        }

        Require.Length("SignalName", name);
        Require.Length("RequestId", requestId);
        Require.Length("Identity", identity);
        Require.Blob(input);
    }

    private static void RequireRoomForSignal(Run run, string requestId)
    {
        if (!run.Machine.TakesSignals && !run.State.SignalRequestIds.Contains(requestId))
        {
            throw Errors.Invalid("exceeded workflow execution limit for signal events");
        }
    }

    private static void RequireChain(Run run, string firstRunId)
    {
        if (firstRunId.Length > 0 && run.State.FirstRunId != firstRunId)
        {
            throw Errors.NotFound($"the running execution of workflow '{run.State.WorkflowId}' does not belong to the chain of run '{firstRunId}'");
        }
    }

    private static DescribeWorkflowExecutionResponse Describe(Run run)
    {
        var state = run.State;
        var response = new DescribeWorkflowExecutionResponse
        {
            ExecutionConfig = new WorkflowExecutionConfig
            {
                TaskQueue = new TaskQueue { Name = state.TaskQueue, Kind = TaskQueueKind.Normal },
                WorkflowExecutionTimeout = state.ExecutionTimeout,
                WorkflowRunTimeout = state.RunTimeout,
                DefaultWorkflowTaskTimeout = state.TaskTimeout,
                UserMetadata = state.UserMetadata,
            },
            WorkflowExecutionInfo = run.Machine.Describe(),
            WorkflowExtendedInfo = new WorkflowExecutionExtendedInfo
            {
                ExecutionExpirationTime = state.ExecutionExpires,
                RunExpirationTime = state.RunExpires,
                CancelRequested = state.CancelRequested,
                OriginalStartTime = state.OriginalStartTime,
                ResetRunId = state.ResetRunId,
            },
        };
        foreach (var activity in state.Activities.Values.OrderBy(a => a.ScheduledEventId))
        {
            response.PendingActivities.Add(Describe(activity));
        }

        foreach (var child in state.Children.Values.OrderBy(c => c.InitiatedEventId))
        {
            response.PendingChildren.Add(new PendingChildExecutionInfo
            {
                WorkflowId = child.WorkflowId,
                RunId = child.RunId,
                WorkflowTypeName = child.WorkflowType,
                InitiatedId = child.InitiatedEventId,
                ParentClosePolicy = child.ParentClosePolicy,
            });
        }

        if (state.Task is { } task)
        {
            response.PendingWorkflowTask = new PendingWorkflowTaskInfo
            {
                State = task.StartedEventId > 0 ? PendingWorkflowTaskState.Started : PendingWorkflowTaskState.Scheduled,
                ScheduledTime = task.ScheduledTime,
                OriginalScheduledTime = task.OriginalScheduledTime,
                StartedTime = task.StartedTime,
                Attempt = task.Attempt,
            };
        }

        return response.Clone();
    }

    private static PendingActivityInfo Describe(ActivityState activity) => new()
    {
        ActivityId = activity.ActivityId,
        ActivityType = new ActivityType { Name = activity.ActivityType },
        State = activity switch
        {
            { StartedTime: null } => PendingActivityState.Scheduled,
            { CancelRequestedEventId: > 0 } => PendingActivityState.CancelRequested,
            _ => PendingActivityState.Started,
        },
        HeartbeatDetails = activity.HeartbeatDetails,
        LastHeartbeatTime = activity.LastHeartbeatTime,
        LastStartedTime = activity.StartedTime,
        Attempt = activity.Attempt,
        MaximumAttempts = activity.RetryPolicy.MaximumAttempts,
        ScheduledTime = activity.StartedTime is null ? activity.AttemptScheduledTime : activity.ScheduledTime,
        ExpirationTime = activity.ScheduledTime.Plus(activity.ScheduleToClose)?.Stamp(),
        LastFailure = activity.LastFailure,
        LastWorkerIdentity = activity.Identity,
        LastAttemptCompleteTime = activity.LastAttemptCompleteTime,
        NextAttemptScheduleTime = activity.NextAttemptAt,
        Priority = activity.Priority,
    };
}
