using System.Collections.Concurrent;
using Temporalio.Client;
using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Transport;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Live;

[Collection(nameof(LiveServer))]
public sealed class CacheTests(LiveServer server)
{
    [Fact]
    public async Task EvictedWorkflow_OfAFullCache_IsFreedAndRunsNothing()
    {
        await RunAsync(1, async queue =>
        {
            var parked = new List<WorkflowHandle<ParkedWorkflow, int>>();
            for (var i = 0; i < 4; i++)
            {
                var handle = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
                (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0);
                parked.Add(handle);
            }

            // The last one may be kept; the others are garbage, with all that waited in them.
            await Eventually.TrueAsync(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return Task.FromResult(parked[..3].TrueForAll(h => ParkedWorkflow.Of(h.Id).All(w => !w.IsAlive)));
                },
                "the evicted workflows to be collected");
            ParkedWorkflow.Unwound.ShouldNotContainKey(parked[0].Id);
            (await parked[0].FetchHistoryAsync()).Events.Count.ShouldBe(5);

            await parked[0].SignalAsync(wf => wf.NoteAsync(true));
            (await parked[0].GetResultAsync()).ShouldBe(1);
            ParkedWorkflow.Unwound.ShouldContainKey(parked[0].Id);
            foreach (var handle in parked[1..])
            {
                await handle.TerminateAsync();
            }
        });
    }

    [Fact]
    public async Task LongHistory_OfAWorkflowNotKept_IsReadPageByPage()
    {
        const int Signals = 1100;
        var queue = $"queue-{Guid.NewGuid()}";
        var handle = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
        for (var i = 0; i < Signals; i++)
        {
            await handle.SignalAsync(wf => wf.NoteAsync(false));
        }

        // First all of it with the task, then all of it again for a worker that never saw it, and for a query of a run given up.
        await RunAsync(1, queue, async () => (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(Signals));
        await RunAsync(1, queue, async () =>
        {
            await handle.SignalAsync(wf => wf.NoteAsync(false));
            (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(Signals + 1);
            var rival = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            (await rival.QueryAsync(wf => wf.Notes)).ShouldBe(0);
            (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(Signals + 1);
            await rival.TerminateAsync();
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync()).ShouldBe(Signals + 2);
        });
    }

    [Fact]
    public async Task WorkerThatHasTheWorkflow_Dies_AnotherGoesOn()
    {
        var queue = $"queue-{Guid.NewGuid()}";
        var handle = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
        using (var channel = new GrpcChannel(new() { Target = server.Client.Connection.Options.TargetHost! }))
        {
            // A worker that does one task, says it keeps the workflow, and is never heard of again.
            var task = await channel.CallAsync(
                WorkflowServiceMethods.PollWorkflowTaskQueue, new() { Namespace = "default", TaskQueue = new() { Name = queue }, Identity = "mortal" });
            var gone = channel.CallAsync(
                WorkflowServiceMethods.PollWorkflowTaskQueue,
                new() { Namespace = "default", TaskQueue = new() { Name = $"{queue}-mortal", Kind = TaskQueueKind.Sticky, NormalName = queue } },
                new() { Timeout = TimeSpan.FromSeconds(5) });
            await channel.CallAsync(WorkflowServiceMethods.RespondWorkflowTaskCompleted, new()
            {
                Namespace = "default",
                TaskToken = task.TaskToken,
                StickyAttributes = new()
                {
                    WorkerTaskQueue = new() { Name = $"{queue}-mortal", Kind = TaskQueueKind.Sticky, NormalName = queue },
                    ScheduleToStartTimeout = new() { Seconds = 1 },
                },
                Commands =
                {
                    new Command
                    {
                        CommandType = CommandType.StartTimer,
                        StartTimerCommandAttributes = new() { TimerId = "1", StartToFireTimeout = new() { Seconds = 3600 } },
                    },
                },
                SdkMetadata = new() { CoreUsedFlags = { 3 }, LangUsedFlags = { 2 } },
            });
            (await gone).TaskToken.IsEmpty.ShouldBeTrue();
        }

        await RunAsync(10, queue, async () =>
        {
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync()).ShouldBe(1);
        });
        var timedOut = (await handle.FetchHistoryAsync()).Events.Select(e => e.WorkflowTaskTimedOutEventAttributes).OfType<object>().ShouldHaveSingleItem();
        timedOut.ToString().ShouldNotBeNull().ShouldContain("TIMEOUT_TYPE_SCHEDULE_TO_START");
    }

    [Fact]
    public async Task TaskThatFails_MakesTheRunAgain()
    {
        await RunAsync(10, async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0);
            ParkedWorkflow.Of(handle.Id).Count().ShouldBe(1);
            ParkedWorkflow.FailOnce(handle.Id);
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync()).ShouldBe(1);
            ParkedWorkflow.Of(handle.Id).Count().ShouldBe(2, "the failed run is given up");
        });
    }

    [Fact]
    public async Task AnswerThatComesTooLate_MakesTheRunAgain()
    {
        await RunAsync(10, async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0);
            using var working = new ManualResetEventSlim();
            using var finish = new ManualResetEventSlim();
            ParkedWorkflow.HoldOnce(handle.Id, working, finish);
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            await Task.Run(() => working.Wait(TimeSpan.FromSeconds(30)));

            // The closing command meets a signal it has not seen: the server refuses it and asks again.
            await handle.SignalAsync(wf => wf.NoteAsync(false));
            finish.Set();
            (await handle.GetResultAsync()).ShouldBe(2);
            ParkedWorkflow.Of(handle.Id).Count().ShouldBe(2);
        });
    }

    [Fact]
    public void OneSlot_WithACache_IsRefused()
    {
        var options = new TemporalWorkerOptions("queue") { MaxConcurrentWorkflowTasks = 1 }.AddWorkflow<ParkedWorkflow>();
        Should.Throw<ArgumentException>(() => new TemporalWorker(server.Client, options)).Message.ShouldContain("MaxCachedWorkflows");
        options.MaxCachedWorkflows = 0;
        using var worker = new TemporalWorker(server.Client, options);
    }

    private Task RunAsync(int maxCached, Func<string, Task> test)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        return RunAsync(maxCached, queue, () => test(queue));
    }

    private async Task RunAsync(int maxCached, string queue, Func<Task> test)
    {
        using var worker = new TemporalWorker(
            server.Client, new TemporalWorkerOptions(queue) { MaxCachedWorkflows = maxCached }.AddWorkflow<ParkedWorkflow>());
        await worker.ExecuteAsync(() => test().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>Waits for a note, holding on to everything workflow code may hold on to.</summary>
    [Workflow]
    public sealed class ParkedWorkflow
    {
        private static readonly ConcurrentDictionary<string, ConcurrentBag<WeakReference>> Made = new();
        private static readonly ConcurrentDictionary<string, Action> Interruptions = new();
        private readonly TaskCompletionSource _closed = new();

        public ParkedWorkflow() => Made.GetOrAdd(Workflow.Info.WorkflowId, _ => []).Add(new(this));

        public static ConcurrentDictionary<string, bool> Unwound { get; } = new();

        [WorkflowQuery]
        public int Notes { get; set; }

        public static IEnumerable<WeakReference> Of(string workflowId) => Made[workflowId];

        public static void FailOnce(string workflowId) => Interruptions[workflowId] = () => throw new InvalidOperationException("once");

        public static void HoldOnce(string workflowId, ManualResetEventSlim working, ManualResetEventSlim finish) => Interruptions[workflowId] = () =>
        {
            working.Set();
            finish.Wait(TimeSpan.FromSeconds(30));
        };

        [WorkflowRun]
        public async Task<int> RunAsync()
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
            using var registration = linked.Token.Register(() => Unwound[Workflow.Info.WorkflowId] = true);
            try
            {
                var hour = Workflow.DelayAsync(TimeSpan.FromHours(1), linked.Token);
                await Workflow.WhenAnyAsync(hour, _closed.Task);
                return Notes;
            }
            finally
            {
                Unwound[Workflow.Info.WorkflowId] = true;
            }
        }

        [WorkflowSignal]
        public Task NoteAsync(bool close)
        {
            Notes++;
            if (Interruptions.TryRemove(Workflow.Info.WorkflowId, out var interrupt))
            {
                interrupt();
            }

            if (close)
            {
                _closed.TrySetResult();
            }

            return Task.CompletedTask;
        }
    }
}
