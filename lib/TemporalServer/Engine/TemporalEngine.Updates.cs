using Temporalio.Api.Update.V1;
using TemporalServer.Machine;
using Stage = Temporalio.Api.Enums.V1.UpdateWorkflowExecutionLifecycleStage;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    public async Task<UpdateWorkflowExecutionResponse> UpdateAsync(UpdateWorkflowExecutionRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ValidateUpdate(request);
        var id = request.Request.Meta.UpdateId;
        var run = await ExecuteAsync(now =>
        {
            var run = Get(request.Namespace, request.WorkflowExecution);
            RequireChain(run, request.FirstExecutionRunId);
            Admit(run, request.Request, now);
            return run;
        });
        var (stage, outcome) = await WaitUpdateAsync(run, id, request.WaitPolicy?.LifecycleStage ?? Stage.Unspecified, timeout, cancellationToken);
        return new UpdateWorkflowExecutionResponse { UpdateRef = Reference(run, id), Outcome = outcome, Stage = stage };
    }

    /// <summary>Refuses what is no update, and gives it an id when it has none.</summary>
    private static void ValidateUpdate(UpdateWorkflowExecutionRequest request)
    {
        if (request.Request is null)
        {
            throw Errors.Invalid("Request is nil.");
        }

        var meta = request.Request.Meta ?? throw Errors.Invalid("Update meta is not set on request.");
        var input = request.Request.Input ?? throw Errors.Invalid("Update input is not set on request.");
        if (input.Name.Length == 0)
        {
            throw Errors.Invalid("Update name is not set on request.");
        }

        Require.Length("UpdateId", meta.UpdateId);
        Require.Blob(input.Args);
        if (meta.UpdateId.Length == 0)
        {
            meta.UpdateId = NewId();
        }
    }

    /// <summary>Takes an update in, unless it is known.</summary>
    private void Admit(Run run, Request request, DateTimeOffset now)
    {
        if (run.Machine.FindUpdate(request.Meta.UpdateId) is not null || run.Rejections.ContainsKey(request.Meta.UpdateId))
        {
            return;
        }

        if (!run.Machine.IsRunning)
        {
            throw Errors.Closed();
        }

        if (run.Machine.InFlightUpdates >= Limits.InFlightUpdates)
        {
            throw Errors.Exhausted(
                ResourceExhaustedCause.ConcurrentLimit, $"limit on number of concurrent in-flight updates has been reached ({Limits.InFlightUpdates})");
        }

        if (run.Machine.InFlightUpdateBytes + request.CalculateSize() >= Limits.InFlightUpdateBytes)
        {
            throw Errors.Exhausted(
                ResourceExhaustedCause.ConcurrentLimit, $"limit on total payload size of in-flight updates has been reached ({Limits.InFlightUpdateBytes} bytes)");
        }

        if (run.Machine.TotalUpdates >= Limits.TotalUpdates)
        {
            throw Errors.Of(
                StatusCode.FailedPrecondition,
                $"the limit on the total number of updates of one run has been reached ({Limits.TotalUpdates}): give repeated updates the same id, or continue as new");
        }

        run.Machine.AdmitUpdate(request, now);
        Touch(run);
    }

    public async Task<PollWorkflowExecutionUpdateResponse> PollUpdateAsync(PollWorkflowExecutionUpdateRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var reference = request.UpdateRef ?? throw Errors.Invalid("UpdateRef is not set on request.");
        var id = reference.UpdateId;
        var run = await ExecuteAsync(_ => Get(request.Namespace, reference.WorkflowExecution));
        var (stage, outcome) = await WaitUpdateAsync(run, id, request.WaitPolicy?.LifecycleStage ?? Stage.Unspecified, timeout, cancellationToken);
        return new PollWorkflowExecutionUpdateResponse { Outcome = outcome, Stage = stage, UpdateRef = Reference(run, id) };
    }

    private static UpdateRef Reference(Run run, string id) => new()
    {
        WorkflowExecution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId },
        UpdateId = id,
    };

    private async Task<(Stage Stage, Outcome? Outcome)> WaitUpdateAsync(Run run, string id, Stage wanted, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        held.CancelAfter(Hold(_options.LongPollTimeout, timeout));
        while (true)
        {
            var (stage, outcome, changed) = await ExecuteAsync(_ =>
            {
                if (run.Rejections.TryGetValue(id, out var rejection))
                {
                    return (Stage.Completed, rejection, run.Changed.Task);
                }

                if (run.Machine.FindUpdate(id) is not { } known)
                {
                    throw run.Machine.IsRunning ? Errors.NotFound($"update '{id}' of workflow '{run.State.WorkflowId}' is not known") : Errors.Closed();
                }

                var at = known.Stage switch
                {
                    UpdateStage.Completed => Stage.Completed,
                    UpdateStage.Accepted => Stage.Accepted,
                    _ => Stage.Admitted,
                };
                return (at, known.Outcome, run.Changed.Task);
            });
            if (stage >= wanted || !await EndedFirst(changed, held.Token))
            {
                return (stage, outcome);
            }
        }
    }
}
