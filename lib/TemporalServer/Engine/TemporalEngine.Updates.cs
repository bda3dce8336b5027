using Temporalio.Protocol.Updates;
using TemporalServer.Machine;
using Stage = Temporalio.Protocol.Enums.UpdateWorkflowExecutionLifecycleStage;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    public async Task<UpdateWorkflowExecutionResponse> UpdateAsync(UpdateWorkflowExecutionRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var id = request.Request?.Meta?.UpdateId;
        if (string.IsNullOrEmpty(request.Request?.Input?.Name))
        {
            throw Errors.Invalid("the name of the update is not set on request.");
        }

        if (string.IsNullOrEmpty(id))
        {
            id = NewId();
            request.Request.Meta = new Meta { UpdateId = id, Identity = request.Request.Meta?.Identity ?? string.Empty };
        }

        var run = await ExecuteAsync(now =>
        {
            var run = Get(request.Namespace, request.WorkflowExecution);
            RequireChain(run, request.FirstExecutionRunId);
            if (run.Machine.FindUpdate(id) is null && !run.Rejections.ContainsKey(id))
            {
                if (!run.Machine.IsRunning)
                {
                    throw Errors.Closed();
                }

                run.Machine.AdmitUpdate(request.Request, now);
                Touch(run);
            }

            return run;
        });
        var (stage, outcome) = await WaitUpdateAsync(run, id, request.WaitPolicy?.LifecycleStage ?? Stage.Unspecified, timeout, cancellationToken);
        return new UpdateWorkflowExecutionResponse { UpdateRef = Reference(run, id), Outcome = outcome, Stage = stage };
    }

    public async Task<PollWorkflowExecutionUpdateResponse> PollUpdateAsync(PollWorkflowExecutionUpdateRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var id = request.UpdateRef?.UpdateId ?? string.Empty;
        var run = await ExecuteAsync(_ => Get(request.Namespace, request.UpdateRef?.WorkflowExecution));
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
