namespace TemporalServer.Schedules;

/// <summary>A time of a schedule: as its spec names it, and with the jitter added.</summary>
internal sealed record ScheduledTime(DateTimeOffset Nominal, DateTimeOffset At);
