using System.Diagnostics.CodeAnalysis;
using TemporalServer.Schedules;

namespace TemporalServer.Machine;

/// <summary>The cron schedule of a workflow: five fields with the usual names, <c>@every</c>, <c>@hourly</c> and the like, <c>CRON_TZ=</c>.</summary>
internal sealed class CronExpression
{
    private readonly CalendarTimes? _calendar;
    private readonly TimeSpan _every;

    private CronExpression(CalendarTimes? calendar, TimeSpan every)
    {
        (_calendar, _every) = (calendar, every);
    }

    /// <summary>Reads a schedule.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronExpression? cron, [NotNullWhen(false)] out string? error)
    {
        cron = null;
        error = null;
        try
        {
            var read = CalendarText.ReadCron(text.Replace('?', '*'));
            if (read.Interval is { } interval)
            {
                cron = interval.Interval.IsSet() && interval.Phase is null ? new CronExpression(null, interval.Interval.OrZero()) : null;
            }
            else if (read is { Fields: 5, Calendar: { } calendar })
            {
                // When both day fields are narrowed, cron fires on either.
                var eitherDay = Narrowed(calendar.DayOfMonth, 31) && Narrowed(calendar.DayOfWeek, 6);
                cron = new CronExpression(new CalendarTimes(calendar, CalendarText.Zone(read.Zone), eitherDay), TimeSpan.Zero);
            }
        }
        catch (FormatException e)
        {
            error = $": {e.Message}";
        }

        error = cron is not null
            ? null
            : $"Invalid CronSchedule '{text}': write minute, hour, day of month, month, day of week, or @every with a duration{error}";
        return cron is not null;
    }

    /// <summary>The first time after another; null when there is none (31 February).</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => _calendar is null ? after + _every : _calendar.Next(after);

    private static bool Narrowed(IReadOnlyList<Temporalio.Api.Schedule.V1.Range> field, int max) =>
        field is not [{ Start: <= 1, Step: <= 1 } all] || all.End != max;
}
