using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.Schedule.V1;
using ValueRange = Temporalio.Api.Schedule.V1.Range;

namespace TemporalServer.Schedules;

/// <summary>
/// Calendars written as text: each field a star, a value, a range <c>a-b</c>, any of them with a step <c>/n</c>, or a list of these;
/// months and days of the week also by name. What cannot be read is a <see cref="FormatException"/> that names the field.
/// </summary>
internal static class CalendarText
{
    private static readonly string[] Months =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    private static readonly Field Second = new("Second", 0, 59, "0");
    private static readonly Field Minute = new("Minute", 0, 59, "0");
    private static readonly Field Hour = new("Hour", 0, 23, "0");
    private static readonly Field DayOfMonth = new("DayOfMonth", 1, 31, "*");
    private static readonly Field Month = new("Month", 1, 12, "*") { Names = Months, FirstName = 1, Letters = 3 };
    private static readonly Field Year = new("Year", CalendarTimes.MinYear, CalendarTimes.MaxYear, "*");

    // Sunday is 0, and 7 too.
    private static readonly Field DayOfWeek = new("DayOfWeek", 0, 7, "*") { Names = Days, Letters = 2 };

    /// <summary>Reads a calendar; a field left out is 0 for times of the day, any for dates.</summary>
    public static StructuredCalendarSpec Read(CalendarSpec text)
    {
        var calendar = new StructuredCalendarSpec { Comment = text.Comment };
        calendar.Second.Add(Ranges(Second, text.Second));
        calendar.Minute.Add(Ranges(Minute, text.Minute));
        calendar.Hour.Add(Ranges(Hour, text.Hour));
        calendar.DayOfMonth.Add(Ranges(DayOfMonth, text.DayOfMonth));
        calendar.Month.Add(Ranges(Month, text.Month));
        calendar.DayOfWeek.Add(Ranges(DayOfWeek, text.DayOfWeek));
        if (text.Year.Trim() is { Length: > 0 } and not "*")
        {
            calendar.Year.Add(Ranges(Year, text.Year));
        }

        return calendar;
    }

    /// <summary>
    /// Reads a cron string: 5 fields (minute, hour, day of month, month, day of week), 6 (and year) or 7 (second first), or
    /// <c>@every interval[/phase]</c>, <c>@hourly</c> and the like; before it <c>CRON_TZ=zone</c>, after it <c># comment</c>.
    /// </summary>
    public static CronText ReadCron(string text)
    {
        var rest = text.Trim();
        var zone = string.Empty;
        if (rest.StartsWith("TZ=", StringComparison.Ordinal) || rest.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var end = rest.IndexOf(' ');
            if (end < 0)
            {
                throw new FormatException($"cron string '{text}' has a time zone but no fields");
            }

            zone = rest[(rest.IndexOf('=') + 1)..end];
            rest = rest[end..];
        }

        var hash = rest.IndexOf('#');
        var comment = hash < 0 ? string.Empty : rest[(hash + 1)..].Trim();
        rest = (hash < 0 ? rest : rest[..hash]).Trim();
        if (rest.StartsWith("@every", StringComparison.Ordinal))
        {
            return new CronText(null, 0, Every(rest["@every".Length..].Trim(), text), zone);
        }

        rest = rest switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => rest,
        };
        var fields = rest.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is < 5 or > 7)
        {
            throw new FormatException($"cron string '{text}' does not have 5 to 7 fields");
        }

        var first = fields.Length == 7 ? 1 : 0;
        var calendar = Read(new CalendarSpec
        {
            Second = first == 1 ? fields[0] : string.Empty,
            Minute = fields[first],
            Hour = fields[first + 1],
            DayOfMonth = fields[first + 2],
            Month = fields[first + 3],
            DayOfWeek = fields[first + 4],
            Year = fields.Length > 5 ? fields[first + 5] : string.Empty,
            Comment = comment,
        });
        return new CronText(calendar, fields.Length, null, zone);
    }

    /// <summary>Finds a time zone by its IANA name; none is UTC.</summary>
    public static TimeZoneInfo Zone(string name)
    {
        if (name is "" or "UTC")
        {
            return TimeZoneInfo.Utc;
        }

        // A name becomes a path in the zone database: nothing that leads out of there may pass.
        var plain = name[0] != '/' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');
        try
        {
            return plain ? TimeZoneInfo.FindSystemTimeZoneById(name) : throw new TimeZoneNotFoundException();
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException)
        {
            throw new FormatException($"time zone '{name}' is unknown on this machine: write an IANA name such as Europe/Berlin, and see that the zone database (package tzdata) is installed", e);
        }
    }

    private static IntervalSpec Every(string text, string cron)
    {
        var parts = text.Split('/');
        if (parts.Length > 2 || !TryDuration(parts[0], out var interval))
        {
            throw new FormatException($"cron string '{cron}': after @every comes a duration such as 90s, 1h30m or 2d, and a phase after a slash");
        }

        var phase = TimeSpan.Zero;
        if (parts.Length == 2 && !TryDuration(parts[1], out phase))
        {
            throw new FormatException($"cron string '{cron}': '{parts[1]}' is not a phase such as 5m");
        }

        return new IntervalSpec { Interval = Duration.FromTimeSpan(interval), Phase = parts.Length == 2 ? Duration.FromTimeSpan(phase) : null };
    }

    private static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var digits = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                continue;
            }

            // Nine digits of days still fit a TimeSpan only up to a million; longer is no schedule.
            var unit = text[i] switch { 'd' => 86_400L, 'h' => 3_600L, 'm' => 60L, 's' => 1L, _ => 0L };
            if (unit == 0 || i - digits > 6 || !long.TryParse(text.AsSpan(digits, i - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            {
                return false;
            }

            duration += TimeSpan.FromSeconds(n * unit);
            digits = i + 1;
        }

        return digits > 0 && digits == text.Length;
    }

    private static IEnumerable<ValueRange> Ranges(Field field, string text)
    {
        var trimmed = text.Trim();
        foreach (var part in (trimmed.Length == 0 ? field.Default : trimmed).Split(','))
        {
            var slash = part.Split('/');
            var step = 1;
            if (slash.Length > 2)
            {
                throw new FormatException($"{field.Name} '{part}' has too many slashes");
            }

            if (slash.Length == 2 && (!int.TryParse(slash[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1))
            {
                throw new FormatException($"{field.Name} '{part}' has an invalid step");
            }

            var (from, to) = Bounds(field, slash[0], hasStep: slash.Length == 2);
            if (field == DayOfWeek && to == 7)
            {
                to = 6;
                if ((7 - from) % step == 0)
                {
                    if (step == 1 && from <= 1)
                    {
                        from = 0;
                    }
                    else
                    {
                        yield return new ValueRange();
                    }
                }

                if (from == 7)
                {
                    continue;
                }
            }

            yield return new ValueRange { Start = from, End = to == from ? 0 : to, Step = step == 1 ? 0 : step };
        }
    }

    private static (int From, int To) Bounds(Field field, string text, bool hasStep)
    {
        if (text == "*")
        {
            return (field.Min, field.Max);
        }

        var ends = text.Split('-');
        if (ends.Length > 2)
        {
            throw new FormatException($"{field.Name} '{text}' has too many dashes");
        }

        var from = Value(field, ends[0]);
        if (ends.Length == 1)
        {
            // With a step, one value means from there to the end.
            return (from, hasStep ? field.Max : from);
        }

        var to = Value(field, ends[1]);
        return to >= from ? (from, to) : throw new FormatException($"{field.Name} '{text}' ends before it starts");
    }

    private static int Value(Field field, string text)
    {
        if (field.Names is { } names && text.Length >= field.Letters)
        {
            var named = Array.FindIndex(names, n => n.StartsWith(text, StringComparison.OrdinalIgnoreCase));
            if (named >= 0)
            {
                return named + field.FirstName;
            }
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= field.Min && value <= field.Max
            ? value
            : throw new FormatException($"{field.Name} '{text}' is not in range [{field.Min}-{field.Max}]");
    }

    /// <summary>One field of a calendar: its bounds, and the names its values go by, shortened to no fewer than some letters.</summary>
    private sealed record Field(string Name, int Min, int Max, string Default)
    {
        public string[]? Names { get; init; }

        public int FirstName { get; init; }

        public int Letters { get; init; }
    }
}
