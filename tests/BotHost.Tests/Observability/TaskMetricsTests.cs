using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CodingAgent.BotHost.Observability;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.BotHost.Tests.Observability;

public sealed class TaskMetricsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-22T10:00:00Z");
    private readonly string _folder = Directory.CreateTempSubdirectory("task-metrics-").FullName;
    private readonly FakeTimeProvider _time = new(Start.AddHours(2));
    private SqliteDatabase _database = null!;

    public async Task InitializeAsync() => _database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default);

    public Task DisposeAsync()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Count_AgainAndAfterARestart_SaysTheSame()
    {
        await TellAsync(12, TaskState.AwaitingReview, 40, draft: false);
        await using var first = new Process(_database, _time);
        await first.Metrics.CountAsync(default);
        first["coding_agent.tasks.open", "state=awaitingreview"].ShouldBe(1);
        first["coding_agent.tasks.oldest", "state=awaitingreview"].ShouldBe(80 * 60);
        first["coding_agent.tasks.ended", "kind=implement,outcome=merged,pull=true"].ShouldBe(0);

        await TellAsync(12, TaskState.Merged, 100, draft: false);
        await TellAsync(13, TaskState.Failed, 3, draft: null);
        await first.Metrics.CountAsync(default);
        await first.Metrics.CountAsync(default);
        await using var restarted = new Process(_database, _time);
        await restarted.Metrics.CountAsync(default);

        foreach (var process in new[] { first, restarted })
        {
            process["coding_agent.tasks.ended", "kind=implement,outcome=merged,pull=true"].ShouldBe(1);
            process["coding_agent.tasks.ended", "kind=implement,outcome=failed,pull=false"].ShouldBe(1);
            process["coding_agent.pull.lead_time", "kind=implement,until=ready"].ShouldBe(40 * 60);
            process["coding_agent.pull.lead_time", "kind=implement,until=merged"].ShouldBe(100 * 60);
            process["coding_agent.task.wait", "kind=implement,state=awaitingreview"].ShouldBe(60 * 60);
            process["coding_agent.pull.cost_usd", "kind=implement,outcome=merged"].ShouldBe(1.5);
            process["coding_agent.tasks.open", "state=awaitingreview"].ShouldBe(0);
            process["coding_agent.tasks.oldest", "state=awaitingreview"].ShouldBe(0);
            process["coding_agent.inbox.pending", ""].ShouldBe(0);
        }
    }

    private Task TellAsync(int issue, TaskState state, int minutes, bool? draft) => new TaskProjection(_database).UpsertAsync(
        new TaskSummary(
            TaskId.ForIssue(RepoRef.Parse("github:octo/hello"), issue), minutes, "r", TaskKind.Implement, state, "", "", "t", "mona", issue, draft is null ? null : 34, null, null, 0, 0, 1.5m, Start, Start.AddMinutes(minutes))
        {
            PullIsDraft = draft,
        },
        default);

    /// <summary>What one process says: sums of counters and histograms, the last value of gauges.</summary>
    private sealed class Process : IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<(string Name, string Tags), double> _values = new();

        public Process(SqliteDatabase database, TimeProvider time)
        {
            var meters = _services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
            _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Add(i, value, tags));
            _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Add(i, value, tags));
            _listener.Start();
            Metrics = new TaskMetrics(new TaskMilestones(database), meters, time, NullLogger<TaskMetrics>.Instance);
        }

        public TaskMetrics Metrics { get; }

        public double this[string name, string tags] => _values[(name, tags)];

        public async ValueTask DisposeAsync()
        {
            Metrics.Dispose();
            _listener.Dispose();
            await _services.DisposeAsync();
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = (instrument.Name, string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}")));
            _values.AddOrUpdate(key, value, (_, known) => instrument is Gauge<int> or Gauge<double> ? value : known + value);
        }
    }
}
