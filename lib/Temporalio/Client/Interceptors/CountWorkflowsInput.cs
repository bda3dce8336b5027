namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.CountWorkflowsAsync" />.</summary>
/// <param name="Query">Query in the server's list language.</param>
/// <param name="Options">Options.</param>
public record CountWorkflowsInput(string Query, WorkflowCountOptions? Options);
