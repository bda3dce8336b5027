using Temporalio.Converters;
using Temporalio.Worker;

namespace Temporalio.Workflows;

/// <summary>Handle of a child as the workflow's engine gives it.</summary>
internal sealed class ChildWorkflowHandleImpl<TWorkflow, TResult>(WorkflowInstance instance, ChildCall call, string runId)
    : ChildWorkflowHandle<TWorkflow, TResult>
{
    public override string Id => call.WorkflowId;

    public override string FirstExecutionRunId => runId;

    public override async Task<TLocal> GetResultAsync<TLocal>()
    {
        var result = await call.Result.Task;
        return typeof(TLocal) == typeof(ValueTuple) || result is null || result.Payloads_.Count == 0
            ? default!
            : (TLocal)instance.PayloadConverter.FromWire(result.Payloads_[0], typeof(TLocal))!;
    }

    public override Task SignalAsync(string signal, IReadOnlyCollection<object?> args, ChildWorkflowSignalOptions? options = null) =>
        instance.Outbound.SignalChildWorkflowAsync(new(Id, signal, args, options, null));
}
