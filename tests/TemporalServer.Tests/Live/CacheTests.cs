using System.Collections.Concurrent;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

[Collection(nameof(LiveServer))]
public sealed class CacheTests(LiveServer server)
{
    [Fact]
    public async Task WorkflowsThatDoNotFitTheCache_AreMadeAgainWhenTheyAreAskedFor()
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

            (await parked[0].FetchHistoryAsync()).Events.Count.ShouldBe(5, "being given up leaves no trace");
            await parked[0].SignalAsync(wf => wf.NoteAsync(true));
            (await parked[0].GetResultAsync()).ShouldBe(1);
            ParkedWorkflow.MadeFor(parked[0].Id).ShouldBeGreaterThan(1);
            foreach (var handle in parked[1..])
            {
                (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0);
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
        // A worker that does one task, says it keeps the workflow, and is never heard of again.
        var service = server.Client.Connection.WorkflowService;
        var task = await service.PollWorkflowTaskQueueAsync(new() { Namespace = "default", TaskQueue = new() { Name = queue }, Identity = "mortal" });
        var mortal = new TaskQueue { Name = $"{queue}-mortal", Kind = TaskQueueKind.Sticky, NormalName = queue };
        var gone = service.PollWorkflowTaskQueueAsync(
            new() { Namespace = "default", TaskQueue = mortal }, new() { Timeout = TimeSpan.FromSeconds(5) });
        await service.RespondWorkflowTaskCompletedAsync(new()
        {
            Namespace = "default",
            TaskToken = task.TaskToken,
            StickyAttributes = new() { WorkerTaskQueue = mortal, ScheduleToStartTimeout = new() { Seconds = 1 } },
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
            ParkedWorkflow.MadeFor(handle.Id).ShouldBe(1);
            ParkedWorkflow.FailOnce(handle.Id);
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync()).ShouldBe(1);
            ParkedWorkflow.MadeFor(handle.Id).ShouldBe(2, "the failed run is given up");
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
            ParkedWorkflow.MadeFor(handle.Id).ShouldBe(2);
        });
    }

    private Task RunAsync(int maxCached, Func<string, Task> test)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        return RunAsync(maxCached, queue, () => test(queue));
    }

    private async Task RunAsync(int maxCached, string queue, Func<Task> test)
    {
        var options = LiveServer.Worker(queue).AddWorkflow<ParkedWorkflow>();
        options.MaxCachedWorkflows = maxCached;
        using var worker = new TemporalWorker(server.Client, options);
        await worker.ExecuteAsync(() => test().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>Waits for a note.</summary>
    [Workflow]
    public sealed class ParkedWorkflow
    {
        private static readonly ConcurrentDictionary<string, int> Made = new();
        private static readonly ConcurrentDictionary<string, Action> Interruptions = new();
        private bool _closed;

        public ParkedWorkflow() => Made.AddOrUpdate(Workflow.Info.WorkflowId, 1, (_, n) => n + 1);

        [WorkflowQuery]
        public int Notes { get; set; }

        /// <summary>How often an object was made for a workflow: once for each time its run was made.</summary>
        public static int MadeFor(string workflowId) => Made[workflowId];

        public static void FailOnce(string workflowId) => Interruptions[workflowId] = () => throw new InvalidOperationException("once");

        public static void HoldOnce(string workflowId, ManualResetEventSlim working, ManualResetEventSlim finish) => Interruptions[workflowId] = () =>
        {
            working.Set();
            finish.Wait(TimeSpan.FromSeconds(30));
        };

        [WorkflowRun]
        public async Task<int> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _closed, TimeSpan.FromHours(1));
            return Notes;
        }

        [WorkflowSignal]
        public Task NoteAsync(bool close)
        {
            Notes++;
            if (Interruptions.TryRemove(Workflow.Info.WorkflowId, out var interrupt))
            {
                interrupt();
            }

            _closed |= close;

            return Task.CompletedTask;
        }
    }
}
