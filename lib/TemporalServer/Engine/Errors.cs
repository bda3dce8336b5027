using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.ErrorDetails.V1;

namespace TemporalServer.Engine;

/// <summary>The errors of the protocol, with the detail SDKs look for.</summary>
internal static class Errors
{
    /// <summary>An error with what it says, and the detail by which SDKs know it, if any.</summary>
    public static RpcException Of(StatusCode code, string message, IMessage? detail = null) => detail is null
        ? new RpcException(new Status(code, message))
        : new Google.Rpc.Status { Code = (int)code, Message = message, Details = { Any.Pack(detail) } }.ToRpcException();

    public static RpcException NotFound(string message) => Of(StatusCode.NotFound, message, new NotFoundFailure());

    public static RpcException Invalid(string message) => Of(StatusCode.InvalidArgument, message);

    public static RpcException Stopping() => Of(StatusCode.Unavailable, "the server is shutting down");

    public static RpcException CannotWrite(Exception why) =>
        new(new Status(StatusCode.Unavailable, $"the server cannot write its database: {why.Message}", why));

    public static RpcException WorkflowNotFound(WorkflowExecution execution) => NotFound(
        execution.RunId.Length > 0 ? $"workflow not found for ID: {execution.WorkflowId} and run ID: {execution.RunId}" : $"workflow not found for ID: {execution.WorkflowId}");

    public static RpcException Closed() => NotFound("workflow execution already completed");

    public static RpcException TaskNotFound(string kind) => NotFound($"{kind} task not found: it was completed, timed out, or given to another worker");

    public static RpcException AlreadyStarted(ExecutionState state) => Of(
        StatusCode.AlreadyExists,
        $"Workflow execution is already running or finished. WorkflowId: {state.WorkflowId}, RunId: {state.RunId}.",
        new WorkflowExecutionAlreadyStartedFailure { StartRequestId = state.StartRequestId, RunId = state.RunId, FirstExecutionRunId = state.FirstRunId });

    public static RpcException ScheduleExists(string scheduleId, string requestId) => Of(
        StatusCode.AlreadyExists, $"schedule \"{scheduleId}\" is already registered", new WorkflowExecutionAlreadyStartedFailure { StartRequestId = requestId });

    public static RpcException Exhausted(ResourceExhaustedCause cause, string message) => Of(
        StatusCode.ResourceExhausted, message, new ResourceExhaustedFailure { Cause = cause, Scope = ResourceExhaustedScope.Namespace });

    /// <summary>What became of each operation of a request that failed; null for one that was done.</summary>
    public static RpcException MultiOperation(params RpcException?[] operations)
    {
        var failure = new MultiOperationExecutionFailure();
        foreach (var operation in operations)
        {
            var status = new MultiOperationExecutionFailure.Types.OperationStatus
            {
                Code = (int)(operation?.StatusCode ?? StatusCode.OK),
                Message = operation?.Status.Detail ?? string.Empty,
            };
            status.Details.Add(operation?.GetRpcStatus()?.Details ?? []);
            failure.Statuses.Add(status);
        }

        // The call has the code of the operation that is to blame.
        var blamed = operations.FirstOrDefault(o => o is not null && o.GetRpcStatus()?.GetDetail<MultiOperationExecutionAborted>() is null);
        return Of(blamed?.StatusCode ?? StatusCode.Internal, "Update-with-Start could not be executed.", failure);
    }

    /// <summary>Stands for an operation that was not done because another one failed.</summary>
    public static RpcException OperationAborted() => Of(StatusCode.Aborted, "Operation was aborted.", new MultiOperationExecutionAborted());

    public static RpcException NamespaceNotFound(string ns) => Of(
        StatusCode.NotFound, $"Namespace {ns} is not found.", new NamespaceNotFoundFailure { Namespace = ns });
}
