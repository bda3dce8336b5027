namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.DescribeScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="RpcOptions">How the call is made.</param>
public record DescribeScheduleInput(string Id, RpcOptions? RpcOptions);
