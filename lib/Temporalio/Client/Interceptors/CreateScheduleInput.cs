using Temporalio.Client.Schedules;

namespace Temporalio.Client.Interceptors;

/// <summary>Input of <see cref="ClientOutboundInterceptor.CreateScheduleAsync" />.</summary>
/// <param name="Id">Schedule id.</param>
/// <param name="Schedule">The schedule.</param>
/// <param name="Options">Options.</param>
public record CreateScheduleInput(string Id, Schedule Schedule, ScheduleOptions? Options);
