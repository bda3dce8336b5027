using System.Collections.Concurrent;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

/// <summary>A workflow does the same whether it is kept in memory, given up between its tasks, or made again for each of them.</summary>
[Collection(nameof(LiveServer))]
public sealed class CacheEquivalenceTests(LiveServer server)
{
    [Fact]
    public async Task Histories_WithAnyCacheSize_AreTheSame()
    {
        var (kept, madeKept) = await TourAsync(new TemporalWorkerOptions().MaxCachedWorkflows);
        var (evicted, madeEvicted) = await TourAsync(1);
        var (none, madeNone) = await TourAsync(0);
        evicted.ShouldBe(kept);
        none.ShouldBe(kept);
        // Two, one for each run, unless the machine was so busy that the server took the worker for gone meanwhile.
        madeKept.ShouldBeGreaterThanOrEqualTo(2);
        madeEvicted.ShouldBeGreaterThan(madeKept);
        madeNone.ShouldBeGreaterThanOrEqualTo(kept.Count(e => e.Contains("EVENT_TYPE_WORKFLOW_TASK_COMPLETED", StringComparison.Ordinal)));
    }

    /// <summary>Takes a workflow through all it can do, a step at a time, with another workflow that takes its place in between.</summary>
    private async Task<(IReadOnlyList<string> History, int Made)> TourAsync(int maxCached)
    {
        var id = $"tour-{Guid.NewGuid()}";
        var histories = new List<string>();
        await server.WithWorkerAsync(
            o =>
            {
                o.MaxCachedWorkflows = maxCached;
                return o.AddWorkflow<TourWorkflow>().AddWorkflow<ChildWorkflow>().AddWorkflow<RivalWorkflow>().AddActivity(Acts.Echo);
            },
            async queue =>
            {
                var rival = await server.Client.StartWorkflowAsync((RivalWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
                var rounds = 0;
                Task StandInAsync()
                {
                    var round = ++rounds;
                    return rival.ExecuteUpdateAsync(wf => wf.ComeAsync(round));
                }

                var tour = await server.Client.StartWorkflowAsync((TourWorkflow wf) => wf.RunAsync(0), new(id, queue) { StaticSummary = "tour" });
                await ReachesAsync(tour, "child");
                await StandInAsync();
                await server.Client.GetWorkflowHandle<ChildWorkflow>($"{id}/child").SignalAsync(wf => wf.EndAsync());
                await ReachesAsync(tour, "signals");
                await StandInAsync();
                await tour.SignalAsync(wf => wf.NoteAsync("one"));
                await ReachesAsync(tour, "one");
                await StandInAsync();
                await tour.SignalAsync(wf => wf.NoteAsync("two"));
                await ReachesAsync(tour, "updates");
                await StandInAsync();
                await Should.ThrowAsync<WorkflowUpdateFailedException>(() => tour.ExecuteUpdateAsync(wf => wf.AddAsync(-1), new("refused")));
                await StandInAsync();
                (await tour.ExecuteUpdateAsync(wf => wf.AddAsync(2), new("added"))).ShouldBe(3);
                await StandInAsync();

                // A query that meets the closing task would ask the closed run, and make it again.
                await Eventually.TrueAsync(async () => (await tour.DescribeAsync()).RunId != tour.ResultRunId, "the second run");
                await ReachesAsync(tour, "waiting");
                await StandInAsync();
                var current = server.Client.GetWorkflowHandle<TourWorkflow>(id);
                await current.CancelAsync();
                var e = await Should.ThrowAsync<WorkflowFailedException>(() => tour.GetResultAsync());
                e.InnerException.ShouldBeOfType<CanceledFailureException>();
                (await current.QueryAsync(wf => wf.Stage)).ShouldBe("cleaned", "a closed workflow answers");
                foreach (var run in new[] { tour.ResultRunId!, (await current.DescribeAsync()).RunId })
                {
                    histories.AddRange(ScrubbedHistory.Of(await server.Client.GetWorkflowHandle(id, run).FetchHistoryAsync()));
                }

                await rival.TerminateAsync();
            });

        // The query of the closed workflow made one more.
        return ([.. histories.Select(e => e.Replace(id, "<workflow>", StringComparison.Ordinal))], TourWorkflow.Made[id] - 1);
    }

    private static Task ReachesAsync(WorkflowHandle<TourWorkflow> handle, string stage) => Eventually.TrueAsync(
        async () => (await handle.DescribeAsync()).Memo.TryGetValue("stage", out var reached) && await reached.ToValueAsync<string>() == stage, $"stage {stage}");

    public static class Acts
    {
        [Activity]
        public static string Echo(string text) => text;
    }

    [Workflow]
    public sealed class TourWorkflow
    {
        private static readonly ActivityOptions Quick = new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) };
        private readonly List<string> _notes = [];
        private int _sum;

        public TourWorkflow() => Made.AddOrUpdate(Workflow.Info.WorkflowId, 1, (_, n) => n + 1);

        /// <summary>How often an object was made for a workflow: once for each time its run was made.</summary>
        public static ConcurrentDictionary<string, int> Made { get; } = new();

        [WorkflowQuery]
        public string Stage { get; private set; } = "begun";

        [WorkflowRun]
        public async Task RunAsync(int round)
        {
            if (Workflow.Patched("tour"))
            {
                await Workflow.DelayAsync(TimeSpan.FromMilliseconds(10));
            }

            Workflow.DeprecatePatch("old-tour");
            if (round > 0)
            {
                await EndAsync();
                return;
            }

            _notes.Add(await Workflow.ExecuteActivityAsync(() => Acts.Echo("echo"), Quick));
            var child = await Workflow.StartChildWorkflowAsync((ChildWorkflow wf) => wf.RunAsync("hello"), new() { Id = $"{Workflow.Info.WorkflowId}/child" });
            await child.SignalAsync(wf => wf.NoteAsync("from parent"));
            Reach("child");
            _notes.Add(await child.GetResultAsync());
            Reach("signals");
            await Workflow.WaitConditionAsync(() => _notes.Count == 4);
            Workflow.UpsertMemo(MemoUpdate.ValueSet("notes", _notes.Count));
            Reach("updates");
            using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
            var hour = Workflow.DelayAsync(TimeSpan.FromHours(1), cancelled.Token);
            await Workflow.WaitConditionAsync(() => _sum > 0);
            cancelled.Cancel();
            await hour.ContinueWith(_ => { });
            throw Workflow.CreateContinueAsNewException((TourWorkflow wf) => wf.RunAsync(1));
        }

        [WorkflowSignal]
        public Task NoteAsync(string note)
        {
            _notes.Add(note);
            Reach(note);
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public async Task<int> AddAsync(int value)
        {
            await Workflow.DelayAsync(TimeSpan.FromMilliseconds(10));
            _sum += value;
            return _sum + 1;
        }

        [WorkflowUpdateValidator(nameof(AddAsync))]
        public void ValidateAdd(int value) => ArgumentOutOfRangeException.ThrowIfNegative(value);

        // In the memo too, for those who wait for it: under load a task that met such a query waited for its timeout at times, where nothing is
        // kept in memory, and the histories are to differ in nothing.
        private void Reach(string stage)
        {
            Stage = stage;
            Workflow.UpsertMemo(MemoUpdate.ValueSet("stage", stage));
        }

        private async Task EndAsync()
        {
            await Workflow.DelayAsync(TimeSpan.FromMilliseconds(10));
            Reach("waiting");
            try
            {
                await Workflow.DelayAsync(TimeSpan.FromHours(1));
            }
            finally
            {
                await Workflow.ExecuteActivityAsync(() => Acts.Echo("clean up"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1), CancellationToken = CancellationToken.None });
                Reach("cleaned");
            }
        }
    }

    [Workflow]
    public sealed class ChildWorkflow
    {
        private bool _ended;

        [WorkflowRun]
        public async Task<string> RunAsync(string text)
        {
            await Workflow.WaitConditionAsync(() => _ended);
            return text;
        }

        [WorkflowSignal]
        public Task NoteAsync(string note) => Task.CompletedTask;

        [WorkflowSignal]
        public Task EndAsync()
        {
            _ended = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class RivalWorkflow
    {
        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => false);

        [WorkflowUpdate]
        public Task<int> ComeAsync(int round) => Task.FromResult(round);
    }
}
