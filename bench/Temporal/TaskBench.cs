using Temporalio.Client;
using Temporalio.Workflows;

namespace CodingAgent.Bench.Temporal;

/// <summary>
/// What one workflow task costs, from an update's request to its result, by the length of the workflow's history. Kept in memory
/// it must not grow; made again for each task it does.
/// </summary>
internal static class TaskBench
{
    public const string Mid = "task-1000";
    public const string Long = "task-5000";
    public const string Replayed = "task-replay";
    private const int Short = 100;

    /// <summary>An update adds five events: few rounds leave a history about as long as it was.</summary>
    private const int Rounds = 24;

    public static Task<Comparison> RunMidAsync() => RunAsync(Mid, 1000, 1.6);

    public static Task<Comparison> RunLongAsync() => RunAsync(Long, 5000, 1.6);

    public static async Task<Comparison> RunReplayedAsync()
    {
        await using var stage = await EmbeddedStage.StartAsync();
        using var kept = stage.Work("kept", 100);
        using var replayed = stage.Work("replayed", 0);
        var subject = await CounterOfAsync(stage, "kept", 5000);
        var peer = await CounterOfAsync(stage, "replayed", 5000);
        var comparison = new Comparison(Replayed, "a task of a workflow of 5000 events, kept in memory", "the same, replayed for each task", Limit: 1);
        await comparison.MeasureAsync(() => CountAsync(subject), () => CountAsync(peer), warmUp: 4, Rounds, TimeSpan.FromSeconds(60));
        return comparison;
    }

    private static async Task<Comparison> RunAsync(string name, int events, double limit)
    {
        await using var stage = await EmbeddedStage.StartAsync();
        using var kept = stage.Work("kept", 100);
        var subject = await CounterOfAsync(stage, "kept", events);
        var peer = await CounterOfAsync(stage, "kept", Short);
        var comparison = new Comparison(name, $"a task of a workflow of {events} events, kept in memory", $"a task of one of {Short} events", limit);
        await comparison.MeasureAsync(() => CountAsync(subject), () => CountAsync(peer), warmUp: 4, Rounds, TimeSpan.FromSeconds(60));
        return comparison;
    }

    private static Task CountAsync(WorkflowHandle<CounterWorkflow> counter) => counter.ExecuteUpdateAsync(wf => wf.CountAsync());

    /// <summary>A workflow that has got so many signals, and a worker that has done its tasks so far.</summary>
    private static async Task<WorkflowHandle<CounterWorkflow>> CounterOfAsync(EmbeddedStage stage, string queue, int events)
    {
        var counter = await stage.Client.StartWorkflowAsync((CounterWorkflow wf) => wf.RunAsync(), new($"counter-{queue}-{events}", queue));
        await Parallel.ForAsync(
            0, events - 10, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, _) => await counter.SignalAsync(wf => wf.NoteAsync()));
        await CountAsync(counter);
        return counter;
    }

    [Workflow]
    internal sealed class CounterWorkflow
    {
        private int _count;

        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => _count < 0);

        [WorkflowSignal]
        public Task NoteAsync()
        {
            _count++;
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public Task<int> CountAsync() => Task.FromResult(++_count);
    }
}
