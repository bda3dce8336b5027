using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Temporal;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>
/// A run as one picture: where the task stood, the steps of its workflow, and below each agent what it asked its model and its tools, on one axis of
/// time; pure. Times in which nobody worked are drawn short, or a review of two weeks would leave no room for the minutes of work.
/// </summary>
internal sealed class RunTimeline
{
    // So much of the work is what a pause must last to be drawn short, and how long it is drawn then.
    private const double LongPause = 0.05;
    private const double DrawnPause = 0.03;

    private readonly List<(DateTimeOffset From, DateTimeOffset To, double At, double Width)> _pieces = [];
    private double _whole;

    private RunTimeline(IReadOnlyList<Lane> lanes) => Lanes = lanes;

    /// <summary>The lanes, from the top.</summary>
    public IReadOnlyList<Lane> Lanes { get; }

    /// <summary>Pauses that are drawn short.</summary>
    public IEnumerable<(double From, double To, TimeSpan Lasts)> Pauses =>
        _pieces.Where(p => p.Width < (p.To - p.From).TotalSeconds * 0.999).Select(p => (p.At / _whole, (p.At + p.Width) / _whole, p.To - p.From));

    /// <summary>Makes it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="log">Its log.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="now">Where it ends while the task goes on.</param>
    public static RunTimeline Of(TaskSummary task, IReadOnlyList<TaskLogRow> log, IReadOnlyList<StepRun> steps, DateTimeOffset now)
    {
        var end = task.State.IsOver() ? task.UpdatedAt : now;
        var states = log.Where(r => r.Entry.Kind == TaskLogKind.Step).ToList();
        var lanes = new List<Lane>
        {
            new("Task", [.. states.Select((r, i) => new Span(Kind(r.Entry.State), Title(r), r.Entry.At, i + 1 < states.Count ? states[i + 1].Entry.At : end) { Seq = r.Seq })]),
            new("Workflow", [.. steps.Select(s => new Span(s.Failed ? "bad" : s.Attempts > 1 ? "wait" : "over", s.Attempts > 1 ? $"{s.Name}, {s.Attempts} attempts" : s.Name, s.Began, s.Ended ?? end))]),
        };
        foreach (var agent in log.Where(r => r.Entry.Agent.Length > 0).GroupBy(r => r.Entry.Agent))
        {
            lanes.Add(new Lane($"{agent.Key}: model", [.. agent.Where(r => r.Entry.Kind == TaskLogKind.Said).Select(r => Ended(r, "work", $"turn {r.Entry.Turn}{Tokens(r.Entry)}"))]));
            lanes.Add(new Lane($"{agent.Key}: tools", [.. agent.Where(r => r.Entry.Kind == TaskLogKind.Output).Select(r => Ended(r, "good", r.Entry.Tool))]));
        }

        var timeline = new RunTimeline([.. lanes.Where(l => l.Spans.Count > 0)]);
        timeline.Scale();
        return timeline;

        static Span Ended(TaskLogRow row, string kind, string name) => new(kind, name, row.Entry.At - (row.Entry.Elapsed ?? TimeSpan.Zero), row.Entry.At) { Seq = row.Seq };
        static string Kind(string state) => Enum.TryParse<TaskState>(state, out var known) ? Words.ToneOf(known) : "over";
        static string Title(TaskLogRow row) => Enum.TryParse<TaskState>(row.Entry.State, out var state) ? $"{Words.Of(state)}: {row.Entry.Text}" : row.Entry.Text;
        static string Tokens(TaskLogEntry entry) => entry.InputTokens is { } input ? $", {Words.Count(input)} tokens in, {Words.Count(entry.OutputTokens ?? 0)} out" : "";
    }

    /// <summary>Where a moment is drawn, from 0 to 1.</summary>
    public double PlaceOf(DateTimeOffset at)
    {
        foreach (var (from, to, place, width) in _pieces)
        {
            if (at <= to)
                return (place + (at <= from ? 0 : width * ((at - from) / (to - from)))) / _whole;
        }

        return 1;
    }

    /// <summary>What is drawn at a place from 0 to 1.</summary>
    public DateTimeOffset MomentAt(double place)
    {
        foreach (var (from, to, at, width) in _pieces)
        {
            if (place * _whole <= at + width)
                return from + ((to - from) * Math.Clamp(((place * _whole) - at) / width, 0, 1));
        }

        return _pieces.Count > 0 ? _pieces[^1].To : default;
    }

    private void Scale()
    {
        // Where the task stood covers all of its life; what was done then is in the other lanes.
        var all = Lanes.SelectMany(l => l.Spans).ToList();
        if (all.Count == 0)
            return;
        var busy = new List<(DateTimeOffset From, DateTimeOffset To)>();
        foreach (var span in Lanes.Where(l => l.Name != "Task").SelectMany(l => l.Spans).OrderBy(s => s.From))
        {
            if (busy.Count > 0 && span.From <= busy[^1].To)
                busy[^1] = (busy[^1].From, span.To > busy[^1].To ? span.To : busy[^1].To);
            else
                busy.Add((span.From, span.To));
        }

        var work = Math.Max(1, busy.Sum(b => (b.To - b.From).TotalSeconds));
        var at = all.Min(s => s.From);
        foreach (var (from, to) in busy.Append((all.Max(s => s.To), all.Max(s => s.To))))
        {
            if (from > at)
                Add(at, from, (from - at).TotalSeconds is var pause && pause > work * LongPause ? work * DrawnPause : pause);
            if (to > from)
                Add(from, to, (to - from).TotalSeconds);
            at = to > at ? to : at;
        }

        if (_pieces.Count == 0)
            Add(at, at + TimeSpan.FromSeconds(1), 1);

        void Add(DateTimeOffset from, DateTimeOffset to, double width)
        {
            _pieces.Add((from, to, _whole, width));
            _whole += width;
        }
    }

    /// <summary>A row of the picture.</summary>
    /// <param name="Name">What it shows.</param>
    /// <param name="Spans">What is in it, in order.</param>
    internal sealed record Lane(string Name, IReadOnlyList<Span> Spans);

    /// <summary>Something that lasted.</summary>
    /// <param name="Tone">Its colour, as badges have them.</param>
    /// <param name="Name">What it was: may be outside text.</param>
    /// <param name="From">When it began.</param>
    /// <param name="To">When it ended.</param>
    internal sealed record Span(string Tone, string Name, DateTimeOffset From, DateTimeOffset To)
    {
        /// <summary>Entry of the log that tells it; null for a step of the workflow.</summary>
        public long? Seq { get; init; }
    }
}
