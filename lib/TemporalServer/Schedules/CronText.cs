using Temporalio.Api.Schedule.V1;

namespace TemporalServer.Schedules;

/// <summary>A cron string as read: a calendar with the number of fields it was written in, or an interval; and the time zone, empty for none.</summary>
internal sealed record CronText(StructuredCalendarSpec? Calendar, int Fields, IntervalSpec? Interval, string Zone);
