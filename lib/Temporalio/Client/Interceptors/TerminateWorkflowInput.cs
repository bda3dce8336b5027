namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.TerminateWorkflowAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run; null for the current one.</param>
/// <param name="FirstExecutionRunId">First run of the chain, to hit no other chain.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Options">Options.</param>
public record TerminateWorkflowInput(
    string Id,
    string? RunId,
    string? FirstExecutionRunId,
    string? Reason,
    WorkflowTerminateOptions? Options);
