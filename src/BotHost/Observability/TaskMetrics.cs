using System.Data.Common;
using System.Diagnostics.Metrics;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Observability;

/// <summary>
/// Metrics of tasks, counted from the database: all milestones from the first when the process starts, and every few seconds what was added since, by whichever
/// process. So they are the same before a restart and after.
/// </summary>
/// <param name="tasks">What happened.</param>
/// <param name="meters">Metrics.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed partial class TaskMetrics(TaskMilestones tasks, IMeterFactory meters, TimeProvider time, ILogger<TaskMetrics> logger) : BackgroundService
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "CodingAgent.Tasks";

    private const int PageSize = 1000;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    // 45 minutes, within which a pull request should be ready, lies between narrow ones.
    private static readonly InstrumentAdvice<double> LeadTimes = new()
    {
        HistogramBucketBoundaries = [60, 120, 300, 600, 900, 1200, 1800, 2100, 2400, 2700, 3000, 3600, 5400, 7200, 14_400, 28_800, 86_400, 172_800, 604_800],
    };

    private static readonly InstrumentAdvice<double> Waits = new() { HistogramBucketBoundaries = [60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800] };
    private static readonly InstrumentAdvice<int> Rounds = new() { HistogramBucketBoundaries = [0, 1, 2, 3, 4, 5, 8] };
    private static readonly InstrumentAdvice<double> Dollars = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 50] };

    private readonly Instruments _instruments = new(meters.Create(MeterName));
    private long _counted;
    private bool _begun;

    /// <summary>Counts what was added, and measures what stands open.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        if (!_begun)
            Begin();
        while (await tasks.ListAsync(_counted, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var milestone in page)
                Count(milestone);
            _counted = page[^1].Sequence;
        }

        var now = time.GetUtcNow();
        var open = await tasks.CountOpenAsync(cancellationToken);
        // A state that nobody is in any more is told of, too.
        foreach (var state in Enum.GetValues<TaskState>().Where(s => !s.IsOver()))
        {
            var (count, since) = open.GetValueOrDefault(state, (0, now));
            var tag = Tag("state", state);
            _instruments.Open.Record(count, tag);
            _instruments.Oldest.Record(Math.Max(0, (now - since).TotalSeconds), tag);
        }

        var (pending, oldest) = await tasks.CountInboxAsync(cancellationToken);
        _instruments.Inbox.Record(pending);
        _instruments.InboxAge.Record(Math.Max(0, (now - (oldest ?? now)).TotalSeconds));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        var reason = "";
        try
        {
            do
            {
                try
                {
                    await CountAsync(stoppingToken);
                    reason = "";
                }
                catch (DbException e)
                {
                    // Once, not every few seconds; what is missed now is counted later.
                    if (reason != e.Message)
                        LogNotCounted(e.Message);
                    reason = e.Message;
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    // From nothing to one is no increase to Prometheus; from zero it is.
    private void Begin()
    {
        _begun = true;
        foreach (var kind in Enum.GetValues<TaskKind>())
        {
            foreach (var outcome in Enum.GetValues<TaskState>().Where(s => s.IsOver()))
            {
                foreach (var pull in (bool[])[true, false])
                    _instruments.Ended.Add(0, Tag("kind", kind), Tag("outcome", outcome), Tag("pull", pull));
            }
        }
    }

    private void Count(TaskMilestone m)
    {
        var kind = Tag("kind", m.Kind);
        switch (m.What)
        {
            case TaskMilestoneKind.Ready:
                _instruments.LeadTime.Record(m.Duration.TotalSeconds, kind, new("until", "ready"));
                break;
            case TaskMilestoneKind.Waited:
                _instruments.Waited.Record(m.Duration.TotalSeconds, kind, Tag("state", m.Detail));
                break;
            case TaskMilestoneKind.Refused:
                _instruments.Refused.Add(1, Tag("gate", m.Detail));
                break;
            case TaskMilestoneKind.Ended:
                var outcome = Tag("outcome", m.Detail);
                _instruments.Ended.Add(1, kind, outcome, Tag("pull", m.HasPull));
                if (!m.HasPull)
                    break;
                _instruments.Reviews.Record(m.Reviews, kind, outcome);
                _instruments.Cost.Record((double)m.CostUsd, kind, outcome);
                if (m.Detail == nameof(TaskState.Merged))
                    _instruments.LeadTime.Record(m.Duration.TotalSeconds, kind, new("until", "merged"));
                break;
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, $"{value}".ToLowerInvariant());

    [LoggerMessage(EventId = 1090, Level = LogLevel.Warning, Message = "Tasks could not be counted for the metrics, which is tried again every few seconds: {Reason}")]
    private partial void LogNotCounted(string reason);

    private sealed class Instruments(Meter meter)
    {
        public Counter<long> Ended { get; } = meter.CreateCounter<long>("coding_agent.tasks.ended", "{task}", "Tasks that are over, by kind of work, outcome, and whether they have a pull request.");

        public Counter<long> Refused { get; } = meter.CreateCounter<long>("coding_agent.gate.refusals", "{change}", "Changes that gates refused to let out, by gate.");

        public Histogram<double> LeadTime { get; } = meter.CreateHistogram("coding_agent.pull.lead_time", "s", "From the request to the pull request that is ready, and to the merged one.", advice: LeadTimes);

        public Histogram<double> Waited { get; } = meter.CreateHistogram("coding_agent.task.wait", "s", "How long tasks waited for people, by the state they waited in.", advice: Waits);

        public Histogram<int> Reviews { get; } = meter.CreateHistogram("coding_agent.pull.review_rounds", "{round}", "Reviews that were answered on a pull request until its task ended.", advice: Rounds);

        public Histogram<double> Cost { get; } = meter.CreateHistogram("coding_agent.pull.cost_usd", description: "What tasks with a pull request cost until they ended, in US dollars, by the configured prices.", advice: Dollars);

        public Gauge<int> Open { get; } = meter.CreateGauge<int>("coding_agent.tasks.open", "{task}", "Tasks that are in a state now.");

        public Gauge<double> Oldest { get; } = meter.CreateGauge<double>("coding_agent.tasks.oldest", "s", "How long the task that is longest in a state is in it.");

        public Gauge<int> Inbox { get; } = meter.CreateGauge<int>("coding_agent.inbox.pending", "{delivery}", "Deliveries that wait to be handled.");

        public Gauge<double> InboxAge { get; } = meter.CreateGauge<double>("coding_agent.inbox.oldest", "s", "How long the oldest delivery that waits has waited.");
    }
}
