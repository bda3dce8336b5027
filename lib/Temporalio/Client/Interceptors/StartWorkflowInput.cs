using Temporalio.Api.Common.V1;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.StartWorkflowAsync" />.</summary>
/// <param name="Workflow">Workflow type name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record StartWorkflowInput(
    string Workflow,
    IReadOnlyCollection<object?> Args,
    WorkflowOptions Options,
    IDictionary<string, Payload>? Headers);
