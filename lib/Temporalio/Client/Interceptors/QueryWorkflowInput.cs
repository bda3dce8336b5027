using Temporalio.Api.Common.V1;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.QueryWorkflowAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run; null for the current one.</param>
/// <param name="Query">Query name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record QueryWorkflowInput(
    string Id,
    string? RunId,
    string Query,
    IReadOnlyCollection<object?> Args,
    WorkflowQueryOptions? Options,
    IDictionary<string, Payload>? Headers);
