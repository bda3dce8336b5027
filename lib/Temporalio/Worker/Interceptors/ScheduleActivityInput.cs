using Temporalio.Api.Common.V1;
using Temporalio.Workflows;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowOutboundInterceptor.ScheduleActivityAsync" />.</summary>
/// <param name="Activity">Activity name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Options.</param>
/// <param name="Headers">Headers to send; an interceptor may add to them.</param>
public record ScheduleActivityInput(
    string Activity,
    IReadOnlyCollection<object?> Args,
    ActivityOptions Options,
    IDictionary<string, Payload>? Headers);
