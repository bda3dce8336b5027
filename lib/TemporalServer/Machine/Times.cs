using Google.Protobuf.WellKnownTypes;

namespace TemporalServer.Machine;

/// <summary>Protocol times and durations, where zero and absent both mean "none".</summary>
internal static class Times
{
    public static bool IsSet(this Duration? duration) => duration is not null && (duration.Seconds > 0 || duration.Nanos > 0);

    /// <summary>True when a time is normalized and within what the protocol allows: the years 1 to 9999.</summary>
    public static bool IsValid(this Timestamp time) =>
        time.Seconds is >= -62_135_596_800 and <= 253_402_300_799 && time.Nanos is >= 0 and <= 999_999_999;

    public static TimeSpan OrZero(this Duration? duration) => duration.IsSet() ? Clamp(duration!) : TimeSpan.Zero;

    /// <summary>The sum, or null when either side is none.</summary>
    public static DateTimeOffset? Plus(this Timestamp? start, Duration? duration) =>
        start is null || !duration.IsSet() ? null : start.ToDateTimeOffset() + Clamp(duration!);

    public static Timestamp Stamp(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static Duration Span(this TimeSpan span) => Duration.FromTimeSpan(span);

    /// <summary>The shorter of two durations, none counting as endless.</summary>
    public static Duration? Shorter(Duration? a, Duration? b)
    {
        if (!a.IsSet())
        {
            return b;
        }

        return b.IsSet() && Clamp(b!) < Clamp(a!) ? b : a;
    }

    // A century is endless here; it keeps date arithmetic inside its range whatever the caller sends, normalized or not.
    private static TimeSpan Clamp(Duration duration) =>
        duration.Seconds > 36_500L * 86_400
            ? TimeSpan.FromDays(36_500)
            : new TimeSpan((Math.Max(0, duration.Seconds) * TimeSpan.TicksPerSecond) + (Math.Max(0, duration.Nanos) / 100));
}
