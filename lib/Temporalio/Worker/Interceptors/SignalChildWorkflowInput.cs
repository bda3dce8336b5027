using Temporalio.Api.Common.V1;
using Temporalio.Workflows;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowOutboundInterceptor.SignalChildWorkflowAsync" />.</summary>
/// <param name="Id">Workflow id.</param>
/// <param name="Signal">Signal name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record SignalChildWorkflowInput(
    string Id,
    string Signal,
    IReadOnlyCollection<object?> Args,
    ChildWorkflowSignalOptions? Options,
    IDictionary<string, Payload>? Headers);
