using Temporalio.Worker;

namespace Temporalio.Workflows;

/// <summary>Handle of another workflow as the workflow's engine gives it.</summary>
internal sealed class ExternalWorkflowHandleImpl<TWorkflow>(WorkflowInstance instance, string id, string? runId)
    : ExternalWorkflowHandle<TWorkflow>
{
    public override string Id => id;

    public override string? RunId => runId;

    public override Task SignalAsync(string signal, IReadOnlyCollection<object?> args, ExternalWorkflowSignalOptions? options = null) =>
        instance.Outbound.SignalExternalWorkflowAsync(new(id, runId, signal, args, options, null));

    public override Task CancelAsync() => instance.Outbound.CancelExternalWorkflowAsync(new(id, runId));
}
