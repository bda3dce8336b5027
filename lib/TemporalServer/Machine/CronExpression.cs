using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TemporalServer.Machine;

/// <summary>A cron schedule of five fields in UTC, with the usual names and <c>@every</c>, <c>@hourly</c> and the like.</summary>
internal sealed class CronExpression
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private readonly bool[] _minutes;
    private readonly bool[] _hours;
    private readonly bool[] _daysOfMonth;
    private readonly bool[] _months;
    private readonly bool[] _daysOfWeek;
    private readonly bool _eitherDay;
    private readonly TimeSpan? _every;

    private CronExpression(bool[] minutes, bool[] hours, bool[] daysOfMonth, bool[] months, bool[] daysOfWeek, bool eitherDay, TimeSpan? every)
    {
        (_minutes, _hours, _daysOfMonth, _months, _daysOfWeek, _eitherDay, _every) = (minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay, every);
    }

    /// <summary>Reads a schedule.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronExpression? cron, [NotNullWhen(false)] out string? error)
    {
        cron = null;
        error = $"'{text}' is not a cron schedule: write minute, hour, day of month, month, day of week, or @every with a duration";
        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            if (!TryParseDuration(text[7..].Trim(), out var every))
            {
                return false;
            }

            cron = new CronExpression([], [], [], [], [], eitherDay: false, every);
            error = null;
            return true;
        }

        var fields = (text switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => text,
        }).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5
            || !TryField(fields[0], 0, 59, null, out var minutes)
            || !TryField(fields[1], 0, 23, null, out var hours)
            || !TryField(fields[2], 1, 31, null, out var daysOfMonth)
            || !TryField(fields[3], 1, 12, Months, out var months)
            || !TryField(fields[4], 0, 7, Days, out var daysOfWeek))
        {
            return false;
        }

        daysOfWeek[0] |= daysOfWeek[7];

        // When both day fields are narrowed, cron fires on either.
        var eitherDay = fields[2][0] != '*' && fields[4][0] != '*';
        cron = new CronExpression(minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay, every: null);
        error = null;
        return true;
    }

    /// <summary>The first time after another; null when there is none within eight years (31 February).</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var utc = after.UtcDateTime;
        if (_every is { } every)
        {
            return new DateTimeOffset(utc, TimeSpan.Zero) + every;
        }

        var t = new DateTime(utc.Year, utc.Month, utc.Day, utc.Hour, utc.Minute, 0, DateTimeKind.Utc).AddMinutes(1);
        var end = t.AddYears(8);
        while (t < end)
        {
            if (!_months[t.Month])
            {
                t = new DateTime(t.Year, t.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
            }
            else if (!DayMatches(t))
            {
                t = t.Date.AddDays(1);
            }
            else if (!_hours[t.Hour])
            {
                t = t.Date.AddHours(t.Hour + 1);
            }
            else if (!_minutes[t.Minute])
            {
                t = t.AddMinutes(1);
            }
            else
            {
                return new DateTimeOffset(t, TimeSpan.Zero);
            }
        }

        return null;
    }

    private bool DayMatches(DateTime t)
    {
        var month = _daysOfMonth[t.Day];
        var week = _daysOfWeek[(int)t.DayOfWeek];
        return _eitherDay ? month || week : month && week;
    }

    private static bool TryField(string field, int min, int max, string[]? names, out bool[] set)
    {
        set = new bool[max + 1];
        foreach (var part in field.Split(','))
        {
            var slash = part.Split('/');
            var step = 1;
            if (slash.Length > 2 || (slash.Length == 2 && (!int.TryParse(slash[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1)))
            {
                return false;
            }

            int from, to;
            if (slash[0] is "*" or "?")
            {
                (from, to) = (min, max);
            }
            else
            {
                var range = slash[0].Split('-');
                if (range.Length > 2 || !TryValue(range[0], min, max, names, out from))
                {
                    return false;
                }

                to = slash.Length == 2 ? max : from;
                if (range.Length == 2 && (!TryValue(range[1], min, max, names, out to) || to < from))
                {
                    return false;
                }
            }

            for (var i = from; i <= to; i += step)
            {
                set[i] = true;
            }
        }

        return true;
    }

    private static bool TryValue(string text, int min, int max, string[]? names, out int value)
    {
        var named = names is null ? -1 : Array.FindIndex(names, n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
        {
            value = named + min;
            return true;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
    }

    private static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var digits = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                continue;
            }

            if (!int.TryParse(text.AsSpan(digits, i - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            {
                return false;
            }

            duration += text[i] switch
            {
                'h' => TimeSpan.FromHours(n),
                'm' => TimeSpan.FromMinutes(n),
                's' => TimeSpan.FromSeconds(n),
                _ => TimeSpan.MinValue,
            };
            if (duration < TimeSpan.Zero)
            {
                return false;
            }

            digits = i + 1;
        }

        return digits == text.Length && duration > TimeSpan.Zero;
    }
}
