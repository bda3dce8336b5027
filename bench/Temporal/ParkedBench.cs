using System.Diagnostics;
using Temporalio.Workflows;

namespace CodingAgent.Bench.Temporal;

/// <summary>Many workflows that sleep: what each costs in memory, and how soon they wake after the server was down.</summary>
internal static class ParkedBench
{
    public const string Name = "parked";
    private const string Queue = "parked";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<Figure>> RunAsync(int workflows)
    {
        await using var stage = await EmbeddedStage.StartAsync();

        // One is taken through its life first, so that what is made once is not counted.
        using (stage.Work(Queue, workflows))
            await (await StartAsync(stage, "first", TimeSpan.FromMilliseconds(1))).GetResultAsync();
        var empty = Heap();
        var started = Stopwatch.GetTimestamp();
        long both;
        using (stage.Work(Queue, workflows))
        {
            await ParkAsync(stage, workflows);
            both = Heap();
        }

        var parking = Stopwatch.GetElapsedTime(started);
        var server = Heap();
        started = Stopwatch.GetTimestamp();
        await stage.RestartAsync(later: TimeSpan.FromHours(2));
        TimeSpan first;
        using (stage.Work(Queue, workflows))
        {
            await stage.Client.GetWorkflowHandle("parked-0").GetResultAsync();
            first = Stopwatch.GetElapsedTime(started);
            await UntilAsync(stage, "ExecutionStatus = 'Running'", 0);
        }

        var all = Stopwatch.GetElapsedTime(started);
        return
        [
            new(Name, $"worker's memory for each of {workflows} parked workflows", (both - server) / 1024d / workflows, "KiB", 16),
            new(Name, $"server's memory for each of {workflows} parked workflows", (server - empty) / 1024d / workflows, "KiB", 16),
            new(Name, "from restart to the end of a workflow whose timer came due, of the time it took to park them all", first / parking, "x", 1),
            new(Name, $"from restart to the end of all {workflows}, of the time it took to park them all", all / parking, "x", 2),
        ];
    }

    private static async Task ParkAsync(EmbeddedStage stage, int workflows)
    {
        await Parallel.ForAsync(
            0, workflows, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => await StartAsync(stage, $"parked-{i}", TimeSpan.FromHours(1)));

        // A parked workflow has done its first task: it answers the same without a replay.
        await Parallel.ForAsync(0, workflows, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            await stage.Client.GetWorkflowHandle<ParkedWorkflow>($"parked-{i}").QueryAsync(wf => wf.IsParked));
    }

    private static Task<Temporalio.Client.WorkflowHandle<ParkedWorkflow>> StartAsync(EmbeddedStage stage, string id, TimeSpan sleep) =>
        stage.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(sleep), new(id, Queue));

    private static async Task UntilAsync(EmbeddedStage stage, string query, long count)
    {
        var started = Stopwatch.GetTimestamp();
        while ((await stage.Client.CountWorkflowsAsync(query)).Count != count)
        {
            if (Stopwatch.GetElapsedTime(started) > Deadline)
                throw new InvalidOperationException($"{Name}: the workflows did not end within {Deadline.TotalMinutes:0} minutes.");
            await Task.Delay(50);
        }
    }

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    [Workflow]
    internal sealed class ParkedWorkflow
    {
        [WorkflowQuery]
        public bool IsParked { get; set; }

        [WorkflowRun]
        public Task RunAsync(TimeSpan sleep)
        {
            IsParked = true;
            return Workflow.DelayAsync(sleep);
        }
    }
}
