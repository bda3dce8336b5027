using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.Dashboard;

/// <summary>A plot as a picture, a number in large, and a table of its values.</summary>
public sealed partial class PlotCard
{
    private const int Width = 400;
    private const int Height = 190;
    private const int Left = 48;
    private const int Right = 6;
    private const int Top = 8;
    private const int Bottom = Height - 22;
    private const int MostDates = 5;
    private const int DateWidth = 74;
    private const double WidestBar = 26;

    private IReadOnlyList<(double At, string Words)> _lines = [];

    /// <summary>The plot.</summary>
    [Parameter, EditorRequired]
    public Plot Plot { get; set; } = null!;

    /// <summary>When its weeks begin.</summary>
    [Parameter, EditorRequired]
    public IReadOnlyList<DateTimeOffset> Weeks { get; set; } = [];

    private double Slot => (double)(Width - Left - Right) / Weeks.Count;

    private string Label
    {
        get
        {
            var highest = Plot.Series.SelectMany(row => row.Values.Select((value, week) => (row.Name, value, week))).Where(v => v.value is not null).MaxBy(v => v.value);
            return $"{Plot.Title}, {Plot.Unit}, from the week of {Day(Weeks[0])} to that of {Day(Weeks[^1])}: {Plot.Figure}; {Plot.Words}. "
                + (highest.value is { } value ? $"Highest is {Plot.Axis.Value(value)} ({highest.Name}) in the week of {Day(Weeks[highest.week])}. " : "") + "All values are in the table below.";
        }
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var values = (Plot.IsLine ? Plot.Series.SelectMany(s => s.Values).OfType<double>() : Weeks.Select((_, i) => Plot.Series.Sum(s => s.Values[i] ?? 0))).Append(Plot.Baseline ?? 0).ToArray();
        _lines = Plot.Axis.Lines(values.Min(), values.Max());
    }

    private double Y(double value) => Bottom - ((value - _lines[0].At) / (_lines[^1].At - _lines[0].At) * (Bottom - Top));

    private double Middle(int week) => Left + ((week + 0.5) * Slot);

    private bool IsLast(int week) => week == Weeks.Count - 1;

    private string Value(double? value) => value is { } known ? Plot.Axis.Value(known) : "–";

    private string Told(int week) =>
        $"Week of {Day(Weeks[week])}{(IsLast(week) ? ", so far" : "")}: {string.Join(", ", Plot.Series.Select(s => Plot.Series.Count == 1 ? Value(s.Values[week]) : $"{s.Name} {Value(s.Values[week])}"))}";

    private static IEnumerable<(int Week, double Value)> Points(Plot.Row row) => row.Values.Select((v, i) => (i, v)).Where(p => p.v is not null).Select(p => (p.i, p.v!.Value));

    // A week without values is a gap.
    private IEnumerable<string> Paths(Plot.Row row)
    {
        var path = new List<string>();
        for (var i = 0; i <= row.Values.Count; i++)
        {
            if (i < row.Values.Count && row.Values[i] is { } value)
            {
                path.Add($"{Number(Middle(i))},{Number(Y(value))}");
                continue;
            }

            if (path.Count > 1)
                yield return string.Join(' ', path);
            path.Clear();
        }
    }

    private IEnumerable<(int Series, double X, double Y, double Width, double Height)> Bars()
    {
        var wide = Math.Min(WidestBar, Slot * 0.72);
        for (var week = 0; week < Weeks.Count; week++)
        {
            var from = 0d;
            for (var s = 0; s < Plot.Series.Count; s++)
            {
                if (Plot.Series[s].Values[week] is not { } value || value == 0)
                    continue;
                var (low, high) = (Math.Min(from, from + value), Math.Max(from, from + value));
                yield return (s, Middle(week) - (wide / 2), Y(high), wide, Y(low) - Y(high));
                from += value;
            }
        }
    }

    private IEnumerable<(double X, string Words)> Dates()
    {
        var step = (Weeks.Count + MostDates - 1) / MostDates;
        var year = 0;
        for (var i = 0; i < Weeks.Count; i += step)
        {
            if (Middle(i) + (DateWidth / 2d) > Width)
                yield break;
            var at = Weeks[i];
            yield return (Middle(i), at.ToString(at.Year == year ? "d MMM" : "d MMM yyyy", CultureInfo.InvariantCulture));
            year = at.Year;
        }
    }

    private static string Day(DateTimeOffset at) => at.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
