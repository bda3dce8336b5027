using Temporalio.Api.Common.V1;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.StartWorkflowUpdateAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run; null for the current one.</param>
/// <param name="FirstExecutionRunId">First run of the chain, to hit no other chain.</param>
/// <param name="Update">Update name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record StartWorkflowUpdateInput(
    string Id,
    string? RunId,
    string? FirstExecutionRunId,
    string Update,
    IReadOnlyCollection<object?> Args,
    WorkflowUpdateStartOptions Options,
    IDictionary<string, Payload>? Headers);
