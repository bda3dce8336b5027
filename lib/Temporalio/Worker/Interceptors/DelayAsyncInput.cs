namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="WorkflowOutboundInterceptor.DelayAsync" />.</summary>
/// <param name="Delay">How long; infinite waits until cancelled.</param>
/// <param name="CancellationToken">Cancels the delay; the workflow's own token when null.</param>
/// <param name="Summary">One line for people.</param>
public record DelayAsyncInput(TimeSpan Delay, CancellationToken? CancellationToken, string? Summary);
