using Temporalio.Api.Schedule.V1;

namespace TemporalServer.Schedules;

/// <summary>
/// The instants whose wall clock in a time zone reads as a calendar says, to the second. A reading the zone skips never comes; one it
/// repeats comes twice.
/// </summary>
internal sealed class CalendarTimes(StructuredCalendarSpec spec, TimeZoneInfo zone, bool eitherDay = false)
{
    /// <summary>The first year a calendar may name.</summary>
    public const int MinYear = 2000;

    /// <summary>The last year that is looked at.</summary>
    public const int MaxYear = 2100;

    private static readonly DateTime Earliest = new(MinYear - 1, 12, 30, 0, 0, 0, DateTimeKind.Utc);
    private readonly ulong _seconds = Bits(spec.Second);
    private readonly ulong _minutes = Bits(spec.Minute);
    private readonly ulong _hours = Bits(spec.Hour);
    private readonly ulong _daysOfMonth = Bits(spec.DayOfMonth);
    private readonly ulong _months = Bits(spec.Month);
    private readonly ulong _daysOfWeek = Bits(spec.DayOfWeek);

    // No year named means every year.
    private readonly HashSet<int>? _years = spec.Year.Count == 0 ? null : [.. spec.Year.SelectMany(Values)];

    private readonly bool _offsetIsFixed = zone.GetAdjustmentRules().Length == 0;

    // A field without a value matches nothing, and the search would find that out the long way.
    private bool IsEmpty => _seconds == 0 || _minutes == 0 || _hours == 0 || _daysOfMonth == 0 || _months == 0 || _daysOfWeek == 0;

    /// <summary>The first matching instant after another; null when there is none up to <see cref="MaxYear"/>.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (IsEmpty || after.Year > MaxYear)
        {
            return null;
        }

        var utc = after.UtcDateTime;
        var from = utc.AddTicks(TimeSpan.TicksPerSecond - (utc.Ticks % TimeSpan.TicksPerSecond));
        from = from < Earliest ? Earliest : from;
        while (true)
        {
            // As long as the offset stays, the clock reads on evenly; where it changes, the search begins anew with the new offset.
            var offset = zone.GetUtcOffset(from);
            if (NextReading(from + offset) is not { } reading)
            {
                return null;
            }

            var found = reading - offset;
            if (OffsetChange(from, found, offset) is not { } change)
            {
                return new DateTimeOffset(found.Ticks, TimeSpan.Zero);
            }

            from = change;
        }
    }

    /// <summary>True when the clock reads as the calendar says at an instant.</summary>
    public bool Matches(DateTimeOffset instant)
    {
        var utc = instant.UtcDateTime;
        var t = utc + zone.GetUtcOffset(utc);
        return HasYear(t.Year) && Has(_months, t.Month) && DayMatches(t) && Has(_hours, t.Hour) && Has(_minutes, t.Minute) && Has(_seconds, t.Second);
    }

    private static ulong Bits(IEnumerable<Temporalio.Api.Schedule.V1.Range> ranges) =>
        ranges.SelectMany(Values).Aggregate(0UL, (bits, value) => bits | (1UL << value));

    private static IEnumerable<int> Values(Temporalio.Api.Schedule.V1.Range range)
    {
        for (var value = range.Start; value <= Math.Max(range.Start, range.End); value += Math.Max(1, range.Step))
        {
            yield return value;
        }
    }

    private static bool Has(ulong bits, int value) => (bits & (1UL << value)) != 0;

    private bool HasYear(int year) => _years is null || _years.Contains(year);

    private bool DayMatches(DateTime t)
    {
        var month = Has(_daysOfMonth, t.Day);
        var week = Has(_daysOfWeek, (int)t.DayOfWeek);
        return eitherDay ? month || week : month && week;
    }

    /// <summary>The first matching reading of an even clock, from one on.</summary>
    private DateTime? NextReading(DateTime t)
    {
        while (t.Year <= MaxYear)
        {
            if (!HasYear(t.Year))
            {
                t = new DateTime(t.Year + 1, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            }
            else if (!Has(_months, t.Month))
            {
                t = new DateTime(t.Year, t.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
            }
            else if (!DayMatches(t))
            {
                t = t.Date.AddDays(1);
            }
            else if (!Has(_hours, t.Hour))
            {
                t = t.Date.AddHours(t.Hour + 1);
            }
            else if (!Has(_minutes, t.Minute))
            {
                t = t.AddSeconds(60 - t.Second);
            }
            else if (!Has(_seconds, t.Second))
            {
                t = t.AddSeconds(1);
            }
            else
            {
                return t;
            }
        }

        return null;
    }

    /// <summary>The first instant after one, up to another, at which the zone has a different offset; null when it keeps it.</summary>
    private DateTime? OffsetChange(DateTime from, DateTime to, TimeSpan offset)
    {
        if (_offsetIsFixed)
        {
            return null;
        }

        for (var low = from; low < to;)
        {
            var high = to - low > TimeSpan.FromDays(1) ? low.AddDays(1) : to;
            if (zone.GetUtcOffset(high) == offset)
            {
                low = high;
                continue;
            }

            while (high - low > TimeSpan.FromSeconds(1))
            {
                var middle = low.AddSeconds(Math.Floor((high - low).TotalSeconds / 2));
                (low, high) = zone.GetUtcOffset(middle) == offset ? (middle, high) : (low, middle);
            }

            return high;
        }

        return null;
    }
}
