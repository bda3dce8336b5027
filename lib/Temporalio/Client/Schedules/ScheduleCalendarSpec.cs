namespace Temporalio.Client.Schedules;

/// <summary>Times whose parts are all in the given ranges; midnight of every day unless told otherwise.</summary>
public record ScheduleCalendarSpec
{
    /// <summary>Zero, the default of seconds, minutes and hours.</summary>
    public static readonly IReadOnlyCollection<ScheduleRange> Beginning = [ScheduleRange.Zero];

    /// <summary>All days of a month.</summary>
    public static readonly IReadOnlyCollection<ScheduleRange> AllMonthDays = [new ScheduleRange(1, 31)];

    /// <summary>All months.</summary>
    public static readonly IReadOnlyCollection<ScheduleRange> AllMonths = [new ScheduleRange(1, 12)];

    /// <summary>All days of a week.</summary>
    public static readonly IReadOnlyCollection<ScheduleRange> AllWeekDays = [new ScheduleRange(0, 6)];

    /// <summary>Seconds, 0 to 59.</summary>
    public IReadOnlyCollection<ScheduleRange> Second { get; init; } = Beginning;

    /// <summary>Minutes, 0 to 59.</summary>
    public IReadOnlyCollection<ScheduleRange> Minute { get; init; } = Beginning;

    /// <summary>Hours, 0 to 23.</summary>
    public IReadOnlyCollection<ScheduleRange> Hour { get; init; } = Beginning;

    /// <summary>Days of the month, 1 to 31.</summary>
    public IReadOnlyCollection<ScheduleRange> DayOfMonth { get; init; } = AllMonthDays;

    /// <summary>Months, 1 to 12.</summary>
    public IReadOnlyCollection<ScheduleRange> Month { get; init; } = AllMonths;

    /// <summary>Years; empty for all.</summary>
    public IReadOnlyCollection<ScheduleRange> Year { get; init; } = [];

    /// <summary>Days of the week, 0 to 6, Sunday is 0.</summary>
    public IReadOnlyCollection<ScheduleRange> DayOfWeek { get; init; } = AllWeekDays;

    /// <summary>A remark for people.</summary>
    public string? Comment { get; init; }
}
