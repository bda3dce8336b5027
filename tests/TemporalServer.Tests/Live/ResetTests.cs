using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

/// <summary>Reset is a call of the raw service; the worker does the rest.</summary>
[Collection(nameof(LiveServer))]
public sealed class ResetTests(LiveServer server)
{
    [Fact]
    public Task RunningWorkflow_ResetToItsFirstTask_FinishesWithItsSignalsAndUpdates() => server.WithWorkerAsync(
        options => options.AddWorkflow<CollectorWorkflow>().AddAllActivities(new Numbers()),
        async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CollectorWorkflow wf) => wf.RunAsync(4), LiveServer.Start(queue));
            await handle.SignalAsync(wf => wf.AddAsync("one"));
            (await handle.ExecuteUpdateAsync(wf => wf.PutAsync("two"))).ShouldBe(2);
            await handle.SignalAsync(wf => wf.AddAsync("three"));
            await Eventually.TrueAsync(async () => await handle.QueryAsync(wf => wf.Count) == 3, "three entries");
            var before = await DrawnAsync(handle);
            var reset = await ResetAsync(handle, await FirstAsync(handle, EventType.WorkflowTaskCompleted));

            // The old run is over, the new one has everything that came from outside and random numbers of its own.
            var now = server.Client.GetWorkflowHandle<CollectorWorkflow, string>(handle.Id);
            await Eventually.TrueAsync(async () => await now.QueryAsync(wf => wf.Count) == 3, "three entries again");
            (await DrawnAsync(now)).ShouldNotBe(before);
            (await now.ExecuteUpdateAsync(wf => wf.PutAsync("four"))).ShouldBe(4);
            (await now.GetResultAsync()).ShouldBe("one,three,two,four|42");
            (await now.DescribeAsync()).RunId.ShouldBe(reset);
            var history = await (now with { RunId = reset }).FetchHistoryAsync();
            history.Events.Count(e => e.EventType == EventType.WorkflowExecutionUpdateAdmitted).ShouldBe(1);
            await ReplayAsync(history);
        });

    [Fact]
    public Task ClosedWorkflow_ResetToItsMiddle_RunsAgainFromThere() => server.WithWorkerAsync(
        options => options.AddWorkflow<CollectorWorkflow>().AddAllActivities(new Numbers()),
        async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CollectorWorkflow wf) => wf.RunAsync(2), LiveServer.Start(queue));
            await handle.SignalAsync(wf => wf.AddAsync("one"));
            await Eventually.TrueAsync(async () => await handle.QueryAsync(wf => wf.Count) == 1, "one entry");
            var first = await DrawnAsync(handle);
            await handle.SignalAsync(wf => wf.AddAsync("two"));
            (await handle.GetResultAsync()).ShouldBe("one,two|42");
            var last = (await handle.FetchHistoryAsync()).Events.Last(e => e.EventType == EventType.WorkflowTaskCompleted).EventId;
            var reset = await ResetAsync(handle, last);
            var again = server.Client.GetWorkflowHandle<CollectorWorkflow, string>(handle.Id, reset);
            (await again.GetResultAsync()).ShouldBe("one,two|42");

            // Drawn before the cut, so the same as before it.
            (await again.QueryAsync(wf => wf.Random)).ShouldBe(first);
            await ReplayAsync(await again.FetchHistoryAsync());
        });

    [Fact]
    public Task UpdateTakenOver_ThatIsRejectedNow_LeavesTheWorkflowWhole() => server.WithWorkerAsync(
        options => options.AddWorkflow<CollectorWorkflow>().AddAllActivities(new Numbers()),
        async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CollectorWorkflow wf) => wf.RunAsync(2), LiveServer.Start(queue));
            await handle.ExecuteUpdateAsync(wf => wf.PutAsync("one"));
            CollectorWorkflow.Refuses = handle.Id;
            await ResetAsync(handle, await FirstAsync(handle, EventType.WorkflowTaskCompleted));

            // The code has changed its mind: its validator lets the update in no more.
            var now = server.Client.GetWorkflowHandle<CollectorWorkflow, string>(handle.Id);
            await now.SignalAsync(wf => wf.AddAsync("two"));
            await now.SignalAsync(wf => wf.AddAsync("three"));
            (await now.GetResultAsync()).ShouldBe("two,three|42");
            var history = await now.FetchHistoryAsync();
            history.Events.ShouldContain(e => e.EventType == EventType.WorkflowExecutionUpdateAdmitted);
            history.Events.ShouldNotContain(e => e.EventType == EventType.WorkflowExecutionUpdateAccepted);
            await ReplayAsync(history);
        });

    [Fact]
    public Task Updates_Excluded_AreNotTakenOver() => server.WithWorkerAsync(
        options => options.AddWorkflow<CollectorWorkflow>().AddAllActivities(new Numbers()),
        async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CollectorWorkflow wf) => wf.RunAsync(2), LiveServer.Start(queue));
            await handle.ExecuteUpdateAsync(wf => wf.PutAsync("put"));
            await ResetAsync(handle, await FirstAsync(handle, EventType.WorkflowTaskCompleted), ResetReapplyExcludeType.Update);
            var now = server.Client.GetWorkflowHandle<CollectorWorkflow, string>(handle.Id);
            await now.SignalAsync(wf => wf.AddAsync("one"));
            await now.SignalAsync(wf => wf.AddAsync("two"));
            (await now.GetResultAsync()).ShouldBe("one,two|42");
            (await now.FetchHistoryAsync()).Events.ShouldNotContain(e => e.EventType == EventType.WorkflowExecutionUpdateAdmitted);
        });

    /// <summary>The number the workflow draws when its activity is done, which may be before or after its signals.</summary>
    private static async Task<int> DrawnAsync(WorkflowHandle<CollectorWorkflow> handle)
    {
        var drawn = 0;
        await Eventually.TrueAsync(async () => (drawn = await handle.QueryAsync(wf => wf.Random)) != 0, "a random number");
        return drawn;
    }

    private static async Task<long> FirstAsync(WorkflowHandle handle, EventType type) =>
        (await handle.FetchHistoryAsync()).Events.First(e => e.EventType == type).EventId;

    private static async Task ReplayAsync(WorkflowHistory history)
    {
        var options = new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<CollectorWorkflow>();
        (await new WorkflowReplayer(options).ReplayWorkflowAsync(history)).ReplayFailure.ShouldBeNull();
    }

    private static async Task<string> ResetAsync(WorkflowHandle handle, long finishEventId, params ResetReapplyExcludeType[] excluded)
    {
        var response = await handle.Client.Connection.WorkflowService.ResetWorkflowExecutionAsync(new()
        {
            Namespace = handle.Client.Options.Namespace,
            WorkflowExecution = new() { WorkflowId = handle.Id },
            Reason = "a wrong turn",
            RequestId = Guid.NewGuid().ToString(),
            WorkflowTaskFinishEventId = finishEventId,
            ResetReapplyExcludeTypes = { excluded },
        });
        return response.RunId;
    }

    [Workflow]
    public sealed class CollectorWorkflow
    {
        private readonly List<string> _entries = [];
        private int _number;

        public static string? Refuses { get; set; }

        [WorkflowQuery]
        public int Count => _entries.Count;

        [WorkflowQuery]
        public int Random { get; private set; }

        [WorkflowRun]
        public async Task<string> RunAsync(int wanted)
        {
            _number = await Workflow.ExecuteActivityAsync(
                (Numbers n) => n.Get(), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
            Random = Workflow.Random.Next();
            await Workflow.WaitConditionAsync(() => _entries.Count >= wanted && Workflow.AllHandlersFinished);
            return $"{string.Join(',', _entries)}|{_number}";
        }

        [WorkflowSignal]
        public Task AddAsync(string entry)
        {
            _entries.Add(entry);
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public async Task<int> PutAsync(string entry)
        {
            await Workflow.DelayAsync(1);
            _entries.Add(entry);
            return _entries.Count;
        }

        [WorkflowUpdateValidator(nameof(PutAsync))]
        public void CheckPut(string entry)
        {
            if (Workflow.Info.WorkflowId == Refuses)
            {
                throw new InvalidOperationException("refused");
            }
        }
    }

    public sealed class Numbers
    {
        [Activity]
        public int Get() => 42;
    }
}
