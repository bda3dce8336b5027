using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.Schedule.V1;
using TemporalServer.Machine;
using ValueRange = Temporalio.Api.Schedule.V1.Range;

namespace TemporalServer.Schedules;

/// <summary>The times a schedule's spec names: those of its calendars and intervals, less the excluded ones, within start and end.</summary>
internal sealed class ScheduleTimes
{
    // A spec that excludes nearly everything it names must not keep the server busy: after so many excluded times in a row there are none.
    private const int MaxExcluded = 100_000;
    private const int MaxCommentLength = 200;

    private readonly List<CalendarTimes> _calendars;
    private readonly List<CalendarTimes> _excluded;
    private readonly List<(long Interval, long Phase)> _intervals;
    private readonly DateTimeOffset? _start;
    private readonly DateTimeOffset? _end;
    private readonly TimeSpan _jitter;

    private ScheduleTimes(ScheduleSpec spec, TimeZoneInfo zone)
    {
        Spec = spec;
        _calendars = [.. spec.StructuredCalendar.Select(c => new CalendarTimes(c, zone))];
        _excluded = [.. spec.ExcludeStructuredCalendar.Select(c => new CalendarTimes(c, zone))];
        _intervals = [.. spec.Interval.Select(i => (Seconds(i.Interval), Seconds(i.Phase)))];
        _start = spec.StartTime?.ToDateTimeOffset();
        _end = spec.EndTime?.ToDateTimeOffset();
        _jitter = spec.Jitter.OrZero();
    }

    /// <summary>The spec in canonical form: calendars and cron strings turned into structured calendars and intervals, ranges complete.</summary>
    public ScheduleSpec Spec { get; }

    /// <summary>Checks a spec and makes it ready.</summary>
    /// <exception cref="FormatException">What is wrong with it.</exception>
    public static ScheduleTimes Compile(ScheduleSpec? given)
    {
        var spec = given?.Clone() ?? new ScheduleSpec();
        spec.StructuredCalendar.Add(spec.Calendar.Select(CalendarText.Read));
#pragma warning disable CS0612 // The protocol calls it deprecated; clients may still send it.
        spec.ExcludeStructuredCalendar.Add(spec.ExcludeCalendar.Select(CalendarText.Read));
        spec.ExcludeCalendar.Clear();
#pragma warning restore CS0612
        ReadCronStrings(spec);
        spec.Calendar.Clear();
        spec.CronString.Clear();
        if (!spec.TimezoneData.IsEmpty)
        {
            throw new FormatException("timezone_data is not supported by this server: name the time zone instead");
        }

        foreach (var calendar in spec.StructuredCalendar.Concat(spec.ExcludeStructuredCalendar))
        {
            Complete(calendar);
        }

        foreach (var interval in spec.Interval)
        {
            Check(interval);
        }

        if (spec.StartTime?.IsValid() == false || spec.EndTime?.IsValid() == false)
        {
            throw new FormatException("start_time and end_time must lie in the years 1 to 9999");
        }

        if (spec.Jitter is { Seconds: < 0 } or { Nanos: < 0 })
        {
            throw new FormatException("jitter is negative");
        }

        return new ScheduleTimes(spec, CalendarText.Zone(spec.TimezoneName));
    }

    /// <summary>The first time whose nominal time is after another; null when there is none any more.</summary>
    /// <param name="after">A nominal time, or any other.</param>
    /// <param name="seed">Jitter is drawn from the nominal time and this, so that it is the same whenever asked.</param>
    public ScheduledTime? Next(DateTimeOffset after, string seed)
    {
        if (_start is { } start && after < start)
        {
            after = start.AddSeconds(-1);
        }

        for (var i = 0; i < MaxExcluded; i++)
        {
            if (NextNominal(after) is not { } nominal || nominal > _end || nominal.Year > CalendarTimes.MaxYear)
            {
                return null;
            }

            if (nominal >= (_start ?? nominal) && !_excluded.Exists(c => c.Matches(nominal)))
            {
                return new ScheduledTime(nominal, nominal + Jitter(nominal, seed));
            }

            after = nominal;
        }

        return null;
    }

    private static void ReadCronStrings(ScheduleSpec spec)
    {
        var read = spec.CronString.Select(CalendarText.ReadCron).ToList();
        spec.StructuredCalendar.Add(read.Select(r => r.Calendar).OfType<StructuredCalendarSpec>());
        spec.Interval.Add(read.Select(r => r.Interval).OfType<IntervalSpec>());
        if (read.Select(r => r.Zone).Distinct(StringComparer.Ordinal).ToList() is not [.., var zone])
        {
            return;
        }

        if (read.Exists(r => r.Zone != zone) || (zone.Length > 0 && spec.TimezoneName.Length > 0 && spec.TimezoneName != zone))
        {
            throw new FormatException("conflicting timezone names: a schedule has one time zone");
        }

        spec.TimezoneName = zone.Length > 0 ? zone : spec.TimezoneName;
    }

    private static void Complete(StructuredCalendarSpec calendar)
    {
        Complete(calendar.Second, "Second", 0, 59);
        Complete(calendar.Minute, "Minute", 0, 59);
        Complete(calendar.Hour, "Hour", 0, 23);
        Complete(calendar.DayOfMonth, "DayOfMonth", 1, 31);
        Complete(calendar.Month, "Month", 1, 12);
        Complete(calendar.Year, "Year", CalendarTimes.MinYear, CalendarTimes.MaxYear);
        Complete(calendar.DayOfWeek, "DayOfWeek", 0, 6);
        if (calendar.Comment.Length > MaxCommentLength)
        {
            throw new FormatException($"the comment of a calendar is longer than {MaxCommentLength}");
        }
    }

    private static void Complete(IEnumerable<ValueRange> ranges, string field, int min, int max)
    {
        foreach (var range in ranges)
        {
            if (range.Start < min || range.Start > max)
            {
                throw new FormatException($"{field} Start {range.Start} is not in range [{min}-{max}]");
            }

            if (range.End != 0 && (range.End < range.Start || range.End > max))
            {
                throw new FormatException($"{field} End {range.End} is before Start or not in range [{min}-{max}]");
            }

            if (range.Step < 0)
            {
                throw new FormatException($"{field} has the invalid Step {range.Step}");
            }

            range.End = Math.Max(range.Start, range.End);
            range.Step = Math.Max(1, range.Step);
        }
    }

    private static void Check(IntervalSpec interval)
    {
        if (interval.Phase is { Seconds: < 0 } or { Nanos: < 0 })
        {
            throw new FormatException("the phase of an interval is negative");
        }

        if (interval.Interval.OrZero() < TimeSpan.FromSeconds(1))
        {
            throw new FormatException("an interval is shorter than a second");
        }

        if (interval.Phase.OrZero() >= interval.Interval.OrZero())
        {
            throw new FormatException("the phase of an interval is not shorter than the interval");
        }
    }

    private static long Seconds(Duration? duration) => (long)duration.OrZero().TotalSeconds;

    private DateTimeOffset? NextNominal(DateTimeOffset after)
    {
        DateTimeOffset? first = null;
        foreach (var calendar in _calendars)
        {
            first = Earlier(first, calendar.Next(after));
        }

        foreach (var (interval, phase) in _intervals)
        {
            var passed = Math.Floor((after.ToUnixTimeSeconds() - phase) / (double)interval);
            first = Earlier(first, DateTimeOffset.FromUnixTimeSeconds((((long)passed + 1) * interval) + phase));
        }

        return first;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;

    private TimeSpan Jitter(DateTimeOffset nominal, string seed)
    {
        if (_jitter == TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        // It must not carry a time past the one that follows.
        var room = NextNominal(nominal) - nominal is { } gap && gap < _jitter ? gap : _jitter;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{nominal.ToUnixTimeSeconds()}:{seed}"));
        var fraction = BinaryPrimitives.ReadUInt32LittleEndian(hash) / (double)(1L << 32);
        return TimeSpan.FromMilliseconds(Math.Floor(room.TotalMilliseconds * fraction));
    }
}
