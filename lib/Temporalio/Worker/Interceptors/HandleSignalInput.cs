using Temporalio.Api.Common.V1;
using Temporalio.Workflows;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowInboundInterceptor.HandleSignalAsync" />.</summary>
/// <param name="Signal">Signal name.</param>
/// <param name="Definition">Its handler.</param>
/// <param name="Args">Arguments, one for each parameter.</param>
/// <param name="Headers">Headers it came with.</param>
public record HandleSignalInput(
    string Signal,
    WorkflowSignalDefinition Definition,
    object?[] Args,
    IReadOnlyDictionary<string, Payload>? Headers);
