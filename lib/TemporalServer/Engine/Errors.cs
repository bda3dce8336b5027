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

    public static RpcStatusException NamespaceNotFound(string ns) => new(
        GrpcStatusCode.NotFound, $"Namespace {ns} is not found.", new NamespaceNotFoundFailure { Namespace = ns });
}
