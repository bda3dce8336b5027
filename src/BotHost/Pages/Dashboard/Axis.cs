using System.Globalization;
using CodingAgent.BotHost.Pages.Parts;

namespace CodingAgent.BotHost.Pages.Dashboard;

/// <summary>What the numbers of a plot are: how far its lines lie apart, and how values read; pure.</summary>
public sealed class Axis
{
    private const int MostSteps = 4;
    private const double Hour = 3600;
    private const double Day = 24 * Hour;

    private static readonly double[] Round = [1, 2, 5, 10];
    private static readonly double[] Times = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, Hour, 2 * Hour, 3 * Hour, 6 * Hour, 12 * Hour, Day, 2 * Day, 3 * Day, 7 * Day, 14 * Day];

    private readonly double _least;
    private readonly Func<double, string> _tick;

    private Axis(double least, Func<double, string> tick, Func<double, string> value) => (_least, _tick, Value) = (least, tick, value);

    /// <summary>How many.</summary>
    public static Axis Counts { get; } = new(1, v => Words.Count((long)v), v => Words.Count((long)v));

    /// <summary>Percent, which end at a hundred.</summary>
    public static Axis Percents { get; } = new(25, v => $"{Plain(v)} %", v => $"{Plain(v)} %") { Whole = 100 };

    /// <summary>Seconds.</summary>
    public static Axis Seconds { get; } = new(0, Short, Took);

    /// <summary>US dollars.</summary>
    public static Axis Dollars { get; } = new(0.01, v => v >= 1 || v == 0 ? $"${Plain(v)}" : string.Create(CultureInfo.InvariantCulture, $"${v:0.00}"), v => Words.Cost((decimal)v, isKnown: true));

    /// <summary>Points of a percent, up or down.</summary>
    public static Axis Points { get; } = new(0.1, Signed, Signed);

    /// <summary>A value, for people.</summary>
    public Func<double, string> Value { get; }

    private double? Whole { get; init; }

    /// <summary>Where lines are drawn, from the lowest to the highest, so that all values lie between.</summary>
    /// <param name="low">Lowest value.</param>
    /// <param name="high">Highest value.</param>
    public IReadOnlyList<(double At, string Words)> Lines(double low, double high)
    {
        (low, high) = (Math.Min(0, low), Math.Max(Whole ?? 0, high));
        var step = Step(high - low);
        var (first, last) = ((int)Math.Floor((low / step) + 1e-9), (int)Math.Ceiling((high / step) - 1e-9));
        if (first == last)
            last++;
        return [.. Enumerable.Range(first, last - first + 1).Select(i => (i * step, _tick(i * step)))];
    }

    private double Step(double range)
    {
        var rough = Math.Max(range / MostSteps, _least);
        if (this == Seconds && rough <= Times[^1])
            return Array.Find(Times, t => t >= rough * (1 - 1e-9));
        var unit = this == Seconds ? Day : 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough / unit) + 1e-9)) * unit;
        return Whole is null ? power * Array.Find(Round, r => r * power >= rough * (1 - 1e-9)) : _least;
    }

    // To the minute an hour of work is an hour.
    private static string Took(double seconds)
    {
        var words = seconds == 0 ? "0 s" : Words.Took(TimeSpan.FromSeconds(seconds));
        foreach (var rest in (string[])[" 0 s", " 0 min", " 0 h"])
            words = words.EndsWith(rest, StringComparison.Ordinal) ? words[..^rest.Length] : words;
        return words;
    }

    private static string Plain(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+#,0.##;−#,0.##;0", CultureInfo.InvariantCulture);

    private static string Short(double seconds) => seconds switch
    {
        0 => "0",
        < 60 => $"{Plain(seconds)} s",
        < Hour => $"{Plain(seconds / 60)} min",
        < Day => $"{Plain(seconds / Hour)} h",
        _ => $"{Plain(seconds / Day)} d",
    };
}
