using Temporalio.Api.Common.V1;
using Temporalio.Workflows;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowOutboundInterceptor.StartChildWorkflowAsync" />.</summary>
/// <param name="Workflow">Workflow type name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record StartChildWorkflowInput(
    string Workflow,
    IReadOnlyCollection<object?> Args,
    ChildWorkflowOptions Options,
    IDictionary<string, Payload>? Headers);
