using Temporalio.Client.Schedules;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.BackfillScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="Backfills">Periods to catch up on.</param>
/// <param name="RpcOptions">How the call is made.</param>
public record BackfillScheduleInput(string Id, IReadOnlyCollection<ScheduleBackfill> Backfills, RpcOptions? RpcOptions);
