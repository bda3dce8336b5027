using System.Globalization;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.BotHost.Temporal;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Components;
using Temporalio.Exceptions;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>A run as one picture, and a part of it where one is asked for.</summary>
/// <param name="sight">Finds the task, for who may see it.</param>
/// <param name="log">Their logs.</param>
/// <param name="history">Their steps.</param>
/// <param name="links">Where Temporal and traces are.</param>
/// <param name="time">Clock.</param>
public sealed partial class TimelinePage(TaskSight sight, ITaskLog log, IRunHistory history, LinkSettings links, TimeProvider time) : OneTaskPage(sight)
{
    private const int Width = 1200;
    private const int Left = 150;
    private const int Top = 4;
    private const int Row = 26;
    private const int LongestName = 22;
    private const int MostInTable = 40;
    private const int MostEntries = 20_000;

    // Narrower than a pixel is one that nobody sees between its neighbours.
    private const double Narrowest = 1;
    private const double SmallestPart = 1e-6;

    private RunTimeline _line = null!;
    private double _from;
    private double _to = 1;

    /// <summary>Where the part begins, from 0 to 1 of the whole picture.</summary>
    [SupplyParameterFromQuery(Name = "from")]
    public string? From { get; set; }

    /// <summary>Where it ends.</summary>
    [SupplyParameterFromQuery(Name = "to")]
    public string? To { get; set; }

    /// <inheritdoc/>
    protected override async Task LoadAsync(TaskSummary task)
    {
        IReadOnlyList<StepRun> steps = [];
        try
        {
            steps = await history.ReadAsync(task.Id, task.RunId, Http.RequestAborted);
        }
        catch (RpcException)
        {
            // Temporal is away: the log alone says most of it.
        }

        _line = RunTimeline.Of(task, await log.ReadAsync(task.Id, 0, MostEntries, Http.RequestAborted), steps, time.GetUtcNow());
        // What is no part of the picture is all of it.
        if (Place(From) is { } from && Place(To) is { } to && to - from >= SmallestPart)
            (_from, _to) = (from, to);
    }

    private static double? Place(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var place) && place is >= 0 and <= 1 ? place : null;

    private string X(double place) => Number(Left + (Math.Max(0, (place - _from) / (_to - _from)) * (Width - Left)));

    private string Wide(double from, double to)
    {
        double Seen(double place) => Math.Clamp((place - _from) / (_to - _from), 0, 1) * (Width - Left);
        return Number(Math.Max(Narrowest, Seen(to) - Seen(from)));
    }

    // What would be drawn over its neighbour of the same colour is left out; zoomed in it is there.
    private IEnumerable<(RunTimeline.Span Span, double From, double To)> Seen(RunTimeline.Lane lane)
    {
        var (drawn, tone) = (double.NegativeInfinity, "");
        foreach (var span in lane.Spans)
        {
            var (from, to) = (_line.PlaceOf(span.From), _line.PlaceOf(span.To));
            if (to < _from || from > _to)
                continue;
            var right = (to - _from) / (_to - _from) * (Width - Left);
            if (span.Tone == tone && right - drawn < Narrowest)
                continue;
            (drawn, tone) = (right, span.Tone);
            yield return (span, from, to);
        }
    }

    private string View(double from, double to)
    {
        var (begin, end) = (Math.Max(0, from), Math.Min(1, to));
        return end - begin < SmallestPart ? Http.Request.Path.Value! : $"{Http.Request.Path.Value}?from={Number(begin)}&to={Number(end)}";
    }

    private static string Number(double number) => number.ToString("0.#######", CultureInfo.InvariantCulture);

    private static string Cut(string name) => TextCut.Head(name, LongestName, "…");
}
