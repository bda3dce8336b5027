namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.PauseScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="Note">Why, for people.</param>
/// <param name="RpcOptions">How the call is made.</param>
public record PauseScheduleInput(string Id, string? Note, RpcOptions? RpcOptions);
