using Temporalio.Activities;
using Temporalio.Api.Common.V1;

namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="ActivityInboundInterceptor.ExecuteActivityAsync" />.</summary>
/// <param name="Activity">What is run.</param>
/// <param name="Args">Arguments, one for each parameter.</param>
/// <param name="Headers">Headers it came with.</param>
public record ExecuteActivityInput(ActivityDefinition Activity, object?[] Args, IReadOnlyDictionary<string, Payload>? Headers);
