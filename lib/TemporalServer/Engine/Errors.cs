using Temporalio.Protocol.ErrorDetails;

namespace TemporalServer.Engine;

/// <summary>The errors of the protocol, with the detail SDKs look for.</summary>
internal static class Errors
{
    public static RpcStatusException NotFound(string message) => new(GrpcStatusCode.NotFound, message, new NotFoundFailure());

    public static RpcStatusException Invalid(string message) => new(GrpcStatusCode.InvalidArgument, message);

    public static RpcStatusException WorkflowNotFound(WorkflowExecution execution) => NotFound(
        execution.RunId.Length > 0 ? $"workflow not found for ID: {execution.WorkflowId} and run ID: {execution.RunId}" : $"workflow not found for ID: {execution.WorkflowId}");

    public static RpcStatusException Closed() => NotFound("workflow execution already completed");

    public static RpcStatusException TaskNotFound(string kind) => NotFound($"{kind} task not found: it was completed, timed out, or given to another worker");

    public static RpcStatusException AlreadyStarted(ExecutionState state) => new(
        GrpcStatusCode.AlreadyExists,
        $"Workflow execution is already running or finished. WorkflowId: {state.WorkflowId}, RunId: {state.RunId}.",
        new WorkflowExecutionAlreadyStartedFailure { StartRequestId = state.StartRequestId, RunId = state.RunId, FirstExecutionRunId = state.FirstRunId });

    public static RpcStatusException ScheduleExists(string scheduleId, string requestId) => new(
        GrpcStatusCode.AlreadyExists, $"schedule \"{scheduleId}\" is already registered", new WorkflowExecutionAlreadyStartedFailure { StartRequestId = requestId });

    public static RpcStatusException Exhausted(ResourceExhaustedCause cause, string message) => new(
        GrpcStatusCode.ResourceExhausted, message, new ResourceExhaustedFailure { Cause = cause, Scope = ResourceExhaustedScope.Namespace });

    /// <summary>What became of each operation of a request that failed; null for one that was done.</summary>
    public static RpcStatusException MultiOperation(params RpcStatusException?[] operations)
    {
        var failure = new MultiOperationExecutionFailure();
        foreach (var operation in operations)
        {
            var status = new MultiOperationExecutionFailure.Types.OperationStatus { Code = (int)(operation?.Code ?? GrpcStatusCode.Ok), Message = operation?.Message ?? string.Empty };
            status.Details.Add(operation?.Status?.Details ?? []);
            failure.Statuses.Add(status);
        }

        // The call has the code of the operation that is to blame.
        var code = operations.FirstOrDefault(o => o is not null && !o.TryGetDetail<MultiOperationExecutionAborted>(out _))?.Code ?? GrpcStatusCode.Internal;
        return new(code, "Update-with-Start could not be executed.", failure);
    }

    /// <summary>Stands for an operation that was not done because another one failed.</summary>
    public static RpcStatusException OperationAborted() => new(GrpcStatusCode.Aborted, "Operation was aborted.", new MultiOperationExecutionAborted());

    public static RpcStatusException NamespaceNotFound(string ns) => new(
        GrpcStatusCode.NotFound, $"Namespace {ns} is not found.", new NamespaceNotFoundFailure { Namespace = ns });
}
