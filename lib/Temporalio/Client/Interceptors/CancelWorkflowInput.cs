namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.CancelWorkflowAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run; null for the current one.</param>
/// <param name="FirstExecutionRunId">First run of the chain, to hit no other chain.</param>
/// <param name="Options">Options.</param>
public record CancelWorkflowInput(string Id, string? RunId, string? FirstExecutionRunId, WorkflowCancelOptions? Options);
