namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.DeleteScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="RpcOptions">How the call is made.</param>
public record DeleteScheduleInput(string Id, RpcOptions? RpcOptions);
