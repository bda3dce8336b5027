using Temporalio.Client.Schedules;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.UpdateScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="Updater">Makes the new schedule of the present one; null leaves it.</param>
/// <param name="RpcOptions">How the call is made.</param>
public record UpdateScheduleInput(string Id, Func<ScheduleUpdateInput, Task<ScheduleUpdate?>> Updater, RpcOptions? RpcOptions);
