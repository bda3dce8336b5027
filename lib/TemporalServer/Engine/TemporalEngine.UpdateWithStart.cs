using TemporalServer.Machine;

namespace TemporalServer.Engine;

/// <content>Start and update in one change: either both happen or neither.</content>
internal sealed partial class TemporalEngine
{
    public async Task<ExecuteMultiOperationResponse> ExecuteMultiOperationAsync(ExecuteMultiOperationRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        RequireNamespace(request.Namespace);
        if (request.Operations is not [{ StartWorkflow: { } start }, { UpdateWorkflow: { } update }])
        {
            throw Errors.Invalid("Operations have to be exactly [Start, Update].");
        }

        start.Namespace = update.Namespace = SharedNamespace(request, start, update);
        var startError = Check(() => CheckStart(start));
        var updateError = Check(() => CheckUpdate(start, update));
        if (startError is not null || updateError is not null)
        {
            throw Errors.MultiOperation(startError ?? Errors.OperationAborted(), updateError ?? Errors.OperationAborted());
        }

        var triedAgain = false;
        while (true)
        {
            var (run, started) = await ExecuteAsync(now => StartAndAdmit(start, update, now));
            try
            {
                var (stage, outcome) = await WaitUpdateAsync(run, update.Request.Meta.UpdateId, update.WaitPolicy?.LifecycleStage ?? default, timeout, cancellationToken);
                return new ExecuteMultiOperationResponse
                {
                    Responses =
                    {
                        new ExecuteMultiOperationResponse.Types.Response { StartWorkflow = StartResponse(run, started) },
                        new ExecuteMultiOperationResponse.Types.Response
                        {
                            UpdateWorkflow = new UpdateWorkflowExecutionResponse { UpdateRef = Reference(run, update.Request.Meta.UpdateId), Outcome = outcome, Stage = stage },
                        },
                    },
                };
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && !started && !triedAgain)
            {
                // The run closed before it had accepted the update: now it can be started anew.
                triedAgain = true;
            }
            catch (RpcException e)
            {
                throw Errors.MultiOperation(started ? null : Errors.OperationAborted(), e);
            }
        }
    }

    private static string SharedNamespace(ExecuteMultiOperationRequest request, StartWorkflowExecutionRequest start, UpdateWorkflowExecutionRequest update)
    {
        RpcException? Mismatch(string ns) =>
            ns.Length > 0 && ns != request.Namespace ? Errors.Invalid("Operation namespace did not match request's namespace.") : null;
        return Mismatch(start.Namespace) is null && Mismatch(update.Namespace) is null
            ? request.Namespace
            : throw Errors.MultiOperation(Mismatch(start.Namespace) ?? Errors.OperationAborted(), Mismatch(update.Namespace) ?? Errors.OperationAborted());
    }

    private static void CheckStart(StartWorkflowExecutionRequest start)
    {
        ValidateStart(start);
        if (start.CronSchedule.Length > 0)
        {
            throw Errors.Invalid("CronSchedule is not allowed.");
        }

        if (start.WorkflowStartDelay.IsSet())
        {
            throw Errors.Invalid("WorkflowStartDelay is not supported.");
        }
    }

    private static void CheckUpdate(StartWorkflowExecutionRequest start, UpdateWorkflowExecutionRequest update)
    {
        ValidateUpdate(update);
        if (update.FirstExecutionRunId.Length > 0)
        {
            throw Errors.Invalid("FirstExecutionRunId is not allowed.");
        }

        if (update.WorkflowExecution?.RunId is { Length: > 0 })
        {
            throw Errors.Invalid("RunId is not allowed.");
        }

        if (update.WorkflowExecution?.WorkflowId != start.WorkflowId)
        {
            throw Errors.Invalid("WorkflowId is not consistent with previous operation(s).");
        }
    }

    private static RpcException? Check(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (RpcException e)
        {
            return e;
        }
    }

    private (Run Run, bool Started) StartAndAdmit(StartWorkflowExecutionRequest start, UpdateWorkflowExecutionRequest update, DateTimeOffset now)
    {
        var current = FindCurrent(start.Namespace, start.WorkflowId);
        if (current is not null && MayUpdate(current, start, update.Request.Meta.UpdateId))
        {
            return Check(() => Admit(current, update.Request, now)) is { } refused ? throw Errors.MultiOperation(Errors.OperationAborted(), refused) : (current, false);
        }

        Run? run = null;
        if (Check(() => (run, _) = StartOrFind(start, signal: null, now)) is { } failed)
        {
            throw Errors.MultiOperation(failed, Errors.OperationAborted());
        }

        Admit(run!, update.Request, now);
        return (run!, true);
    }

    /// <summary>Whether the update goes to the run that is there, instead of one to be started.</summary>
    private static bool MayUpdate(Run run, StartWorkflowExecutionRequest start, string updateId)
    {
        var isSameStart = start.RequestId.Length > 0 && run.State.StartRequestId == start.RequestId;
        var stage = run.Machine.FindUpdate(updateId)?.Stage;
        return stage == UpdateStage.Completed
            || isSameStart
            || (run.Machine.IsRunning && (stage is not null || run.Rejections.ContainsKey(updateId) || start.WorkflowIdConflictPolicy == WorkflowIdConflictPolicy.UseExisting));
    }
}
