using Temporalio.Api.Enums.V1;

namespace Temporalio.Client.Schedules;

/// <summary>A period whose times are acted on as if they came now. Times are UTC.</summary>
/// <param name="StartAt">Begin, which is not part of it.</param>
/// <param name="EndAt">End, which is part of it.</param>
/// <param name="Overlap">How overlaps are met; the schedule's policy when unspecified.</param>
public record ScheduleBackfill(DateTime StartAt, DateTime EndAt, ScheduleOverlapPolicy Overlap = ScheduleOverlapPolicy.Unspecified);
