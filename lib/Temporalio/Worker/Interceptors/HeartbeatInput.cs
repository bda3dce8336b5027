namespace Temporalio.Worker.Interceptors;

/// <summary>Input of <see cref="ActivityOutboundInterceptor.Heartbeat" />.</summary>
/// <param name="Details">Values that the next attempt can read.</param>
public record HeartbeatInput(object?[] Details);
