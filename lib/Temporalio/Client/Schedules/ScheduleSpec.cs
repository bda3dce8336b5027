namespace Temporalio.Client.Schedules;

/// <summary>When a schedule acts: at all times that any of calendars, intervals and cron expressions gives, less those to skip.</summary>
public record ScheduleSpec
{
    /// <summary>Times by calendar.</summary>
    public IReadOnlyCollection<ScheduleCalendarSpec> Calendars { get; init; } = [];

    /// <summary>Times by interval.</summary>
    public IReadOnlyCollection<ScheduleIntervalSpec> Intervals { get; init; } = [];

    /// <summary>Times by cron expression. The server turns them into calendars, so they do not come back.</summary>
    public IReadOnlyCollection<string> CronExpressions { get; init; } = [];

    /// <summary>Times to leave out.</summary>
    public IReadOnlyCollection<ScheduleCalendarSpec> Skip { get; init; } = [];

    /// <summary>Times before this one, UTC, are left out.</summary>
    public DateTime? StartAt { get; init; }

    /// <summary>Times after this one, UTC, are left out.</summary>
    public DateTime? EndAt { get; init; }

    /// <summary>Longest random delay of each action.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>IANA name of the zone of calendars and cron expressions; UTC when null.</summary>
    public string? TimeZoneName { get; init; }
}
