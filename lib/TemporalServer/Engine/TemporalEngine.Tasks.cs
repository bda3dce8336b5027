using Google.Protobuf;
using TemporalServer.Machine;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    public async Task<RespondWorkflowTaskCompletedResponse> CompleteWorkflowTaskAsync(RespondWorkflowTaskCompletedRequest request)
    {
        var (response, refused) = await ExecuteAsync(now =>
        {
            var run = RunOfTask(request.TaskToken, request.Namespace);
            var refused = run.Machine.CompleteWorkflowTask(request, now);
            AnswerQueries(run, request.QueryResults, refused is null);
            Touch(run);
            SettleAll();
            var response = new RespondWorkflowTaskCompletedResponse();
            if (refused is null && request.ReturnNewWorkflowTask && run.State.Task is { StartedEventId: 0, VisibleAt: null } next)
            {
                response.WorkflowTask = StartWorkflowTask(new Matching.TaskRef.WorkflowTask(run, next.Stamp), request.Identity);
            }

            return (response, refused);
        });
        return refused is null ? response : throw Errors.Invalid($"{refused.Cause}: {refused.Message}");
    }

    public Task<RespondWorkflowTaskFailedResponse> FailWorkflowTaskAsync(RespondWorkflowTaskFailedRequest request) => ExecuteAsync(now =>
    {
        var run = RunOfTask(request.TaskToken, request.Namespace);
        var cause = request.Cause == WorkflowTaskFailedCause.Unspecified ? WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure : request.Cause;
        run.Machine.FailWorkflowTask(now, cause, Require.Exceeds(request.Failure) ? FailureOf.TooLarge("Failure exceeds size limit.") : request.Failure, request.Identity);
        AnswerQueries(run, [], completed: false);
        Touch(run);
        return new RespondWorkflowTaskFailedResponse();
    });

    public Task<ResetStickyTaskQueueResponse> ResetStickyAsync(ResetStickyTaskQueueRequest request) => ExecuteAsync(_ =>
    {
        var run = GetOpen(request.Namespace, request.Execution);
        run.Machine.LeaveStickyQueue();
        Touch(run);
        return new ResetStickyTaskQueueResponse();
    });

    private Run RunOfTask(ByteString bytes, string? ns)
    {
        var token = ParseTaskToken(bytes);
        if (!_runs.TryGetValue(token.RunId, out var run)
            || !run.Machine.IsRunning
            || run.State.Task is not { StartedEventId: > 0 } task
            || task.ScheduledEventId != token.ScheduledEventId
            || task.Attempt != token.Attempt
            || task.Stamp != token.Stamp)
        {
            throw Errors.TaskNotFound("workflow");
        }

        RequireTokenNamespace(ns ?? run.State.Namespace, run);
        return run;
    }

    public Task<RespondActivityTaskCompletedResponse> CompleteActivityAsync(RespondActivityTaskCompletedRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityOfToken(request.TaskToken, request.Namespace);
        CompleteActivity(run, activity, request.Result, request.Identity, now);
        return new RespondActivityTaskCompletedResponse();
    });

    public Task<RespondActivityTaskCompletedByIdResponse> CompleteActivityAsync(RespondActivityTaskCompletedByIdRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityById(request.Namespace, request.WorkflowId, request.RunId, request.ActivityId);
        CompleteActivity(run, activity, request.Result, request.Identity, now);
        return new RespondActivityTaskCompletedByIdResponse();
    });

    public Task<RespondActivityTaskFailedResponse> FailActivityAsync(RespondActivityTaskFailedRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityOfToken(request.TaskToken, request.Namespace);
        FailActivity(run, activity, request.Failure, request.LastHeartbeatDetails, request.Identity, now);
        return new RespondActivityTaskFailedResponse();
    });

    public Task<RespondActivityTaskFailedByIdResponse> FailActivityAsync(RespondActivityTaskFailedByIdRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityById(request.Namespace, request.WorkflowId, request.RunId, request.ActivityId);
        FailActivity(run, activity, request.Failure, request.LastHeartbeatDetails, request.Identity, now);
        return new RespondActivityTaskFailedByIdResponse();
    });

    public Task<RespondActivityTaskCanceledResponse> CancelActivityAsync(RespondActivityTaskCanceledRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityOfToken(request.TaskToken, request.Namespace);
        ConfirmCanceled(run, activity, request.Details, request.Identity, now);
        return new RespondActivityTaskCanceledResponse();
    });

    public Task<RespondActivityTaskCanceledByIdResponse> CancelActivityAsync(RespondActivityTaskCanceledByIdRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityById(request.Namespace, request.WorkflowId, request.RunId, request.ActivityId);
        ConfirmCanceled(run, activity, request.Details, request.Identity, now);
        return new RespondActivityTaskCanceledByIdResponse();
    });

    public Task<RecordActivityTaskHeartbeatResponse> HeartbeatAsync(RecordActivityTaskHeartbeatRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityOfToken(request.TaskToken, request.Namespace);
        return new RecordActivityTaskHeartbeatResponse { CancelRequested = Heartbeat(run, activity, request.Details, now) };
    });

    public Task<RecordActivityTaskHeartbeatByIdResponse> HeartbeatAsync(RecordActivityTaskHeartbeatByIdRequest request) => ExecuteAsync(now =>
    {
        var (run, activity) = ActivityById(request.Namespace, request.WorkflowId, request.RunId, request.ActivityId);
        return new RecordActivityTaskHeartbeatByIdResponse { CancelRequested = Heartbeat(run, activity, request.Details, now) };
    });

    private void CompleteActivity(Run run, ActivityState activity, Payloads? result, string identity, DateTimeOffset now)
    {
        if (Require.Exceeds(result))
        {
            run.Machine.FailActivity(activity, FailureOf.TooLarge("Complete result exceeds size limit."), identity, now);
        }
        else
        {
            run.Machine.CompleteActivity(activity, result, identity, now);
        }

        Touch(run);
    }

    private void FailActivity(Run run, ActivityState activity, Failure? failure, Payloads? heartbeat, string identity, DateTimeOffset now)
    {
        if (failure is { ApplicationFailureInfo: null })
        {
            throw Errors.Invalid("Failure must have ApplicationFailureInfo.");
        }

        if (Require.Exceeds(failure) || Require.Exceeds(heartbeat))
        {
            failure = FailureOf.TooLarge(Require.Exceeds(failure) ? "Failure exceeds size limit." : "Heartbeat details exceed size limit.");
        }
        else if (heartbeat is not null)
        {
            run.Machine.Heartbeat(activity, heartbeat, now);
        }

        run.Machine.FailActivity(activity, failure ?? FailureOf.Server("the worker reported a failure without saying which"), identity, now);
        Touch(run);
    }

    private void ConfirmCanceled(Run run, ActivityState activity, Payloads? details, string identity, DateTimeOffset now)
    {
        if (activity.CancelRequestedEventId == 0)
        {
            throw Errors.Invalid($"cancellation of activity '{activity.ActivityId}' was not requested");
        }

        if (Require.Exceeds(details))
        {
            run.Machine.FailActivity(activity, FailureOf.TooLarge("Cancel details exceed size limit."), identity, now);
        }
        else
        {
            run.Machine.ConfirmActivityCanceled(activity, details, identity, now);
        }

        Touch(run);
    }

    private bool Heartbeat(Run run, ActivityState activity, Payloads? details, DateTimeOffset now)
    {
        Touch(run);
        if (Require.Exceeds(details))
        {
            // The attempt has no future; the worker is told to stop it.
            run.Machine.FailActivity(activity, FailureOf.TooLarge("Heartbeat details exceed size limit."), activity.Identity, now);
            return true;
        }

        run.Machine.Heartbeat(activity, details, now);
        return activity.CancelRequestedEventId > 0;
    }

    private (Run Run, ActivityState Activity) ActivityOfToken(ByteString bytes, string? ns)
    {
        var token = ParseTaskToken(bytes);
        if (!_runs.TryGetValue(token.RunId, out var run)
            || !run.State.Activities.TryGetValue(token.ScheduledEventId, out var activity)
            || activity.StartedTime is null
            || activity.Attempt != token.Attempt
            || activity.Stamp != token.Stamp)
        {
            throw Errors.TaskNotFound("activity");
        }

        RequireTokenNamespace(ns ?? run.State.Namespace, run);
        return (run, activity);
    }

    private (Run Run, ActivityState Activity) ActivityById(string ns, string workflowId, string runId, string activityId)
    {
        if (activityId.Length == 0)
        {
            throw Errors.Invalid("ActivityId is not set on request.");
        }

        var run = GetOpen(ns, new WorkflowExecution { WorkflowId = workflowId, RunId = runId });
        var activity = run.State.Activities.Values.FirstOrDefault(a => a.ActivityId == activityId);
        return activity?.StartedTime is not null ? (run, activity) : throw Errors.NotFound($"no activity '{activityId}' is being worked on");
    }
}
