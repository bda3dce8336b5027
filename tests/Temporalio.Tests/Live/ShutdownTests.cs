using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Live;

/// <summary>A worker that stops loses no task: what it has it answers, what comes is for others at once.</summary>
[Collection(nameof(LiveServer))]
public sealed class ShutdownTests(LiveServer server)
{
    [Fact]
    public async Task Activity_EndingInTheGracePeriod_IsAnswered()
    {
        var acts = new Acts();
        var (handle, queue) = await StopWhileWorkingAsync(acts, TimeSpan.FromMinutes(5), acts.Finish.SetResult);
        await FinishElsewhereAsync(queue, acts, async () => (await handle.GetResultAsync()).ShouldBe("finished on attempt 1"));
    }

    [Fact]
    public async Task Activity_OutlivingTheGracePeriod_IsCancelledAndTriedAgain()
    {
        var acts = new Acts();
        var (handle, queue) = await StopWhileWorkingAsync(acts, TimeSpan.FromMilliseconds(50), () => { });
        acts.Reason.ShouldBe(ActivityCancelReason.WorkerShutdown);
        acts.Finish.SetResult();
        await FinishElsewhereAsync(queue, acts, async () => (await handle.GetResultAsync()).ShouldBe("finished on attempt 2"));
    }

    [Fact]
    public async Task Workers_ComingAndGoing_LoseNothing()
    {
        // Tasks arrive while workers stop: each has to be answered or handed on, for a lost one waits out its timeout of an hour.
        const int Workflows = 40;
        var queue = $"queue-{Guid.NewGuid()}";
        var options = new TemporalWorkerOptions(queue) { GracefulShutdownTimeout = TimeSpan.FromMinutes(1) }
            .AddWorkflow<StepsWorkflow>().AddActivity(new Acts().StepAsync);
        var results = Enumerable.Range(0, Workflows).Select(async i =>
        {
            var start = new WorkflowOptions($"steps-{Guid.NewGuid()}", queue) { TaskTimeout = TimeSpan.FromMinutes(10) };
            var handle = await server.Client.StartWorkflowAsync((StepsWorkflow wf) => wf.RunAsync(10), start);
            (await handle.GetResultAsync()).ShouldBe(10);
            return (await handle.FetchHistoryAsync()).Events;
        }).ToList();
        var all = Task.WhenAll(results);
        var workers = 0;
        while (!all.IsCompleted)
        {
            workers++.ShouldBeLessThan(1000);
            using var worker = new TemporalWorker(server.Client, options);
            await worker.ExecuteAsync(() => Task.WhenAny(all, Task.Delay(50)));
        }

        foreach (var history in await all)
        {
            history.ShouldNotContain(e => e.WorkflowTaskTimedOutEventAttributes != null || e.WorkflowTaskFailedEventAttributes != null);
            history.Where(e => e.ActivityTaskStartedEventAttributes is not null).ShouldAllBe(e => e.ActivityTaskStartedEventAttributes.Attempt == 1);
        }

        workers.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task WorkflowKeptByAStoppedWorker_GoesOnElsewhereAtOnce()
    {
        var queue = $"queue-{Guid.NewGuid()}";
        var options = new TemporalWorkerOptions(queue) { StickyQueueScheduleToStartTimeout = TimeSpan.FromHours(1) }.AddWorkflow<CacheTests.ParkedWorkflow>();
        using var first = new TemporalWorker(server.Client, options);
        using var second = new TemporalWorker(server.Client, options);
        var handle = await server.Client.StartWorkflowAsync((CacheTests.ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
        await first.ExecuteAsync(async () => (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0));
        await second.ExecuteAsync(async () =>
        {
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync().WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(1);
        });
    }

    private static TemporalWorkerOptions Options(string queue, Acts acts) =>
        new TemporalWorkerOptions(queue).AddWorkflow<OneWorkflow>().AddActivity(acts.WorkAsync);

    private async Task<(WorkflowHandle<OneWorkflow, string> Handle, string Queue)> StopWhileWorkingAsync(Acts acts, TimeSpan grace, Action whenStopped)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        var options = Options(queue, acts);
        options.GracefulShutdownTimeout = grace;
        using var worker = new TemporalWorker(server.Client, options);
        using var stop = new CancellationTokenSource();
        var run = worker.ExecuteAsync(stop.Token);
        var handle = await server.Client.StartWorkflowAsync((OneWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
        await acts.Started.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        whenStopped();
        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(60)));
        return (handle, queue);
    }

    private async Task FinishElsewhereAsync(string queue, Acts acts, Func<Task> test)
    {
        using var worker = new TemporalWorker(server.Client, Options(queue, acts));
        await worker.ExecuteAsync(() => test().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    public sealed class Acts
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Finish { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ActivityCancelReason Reason { get; private set; }

        [Activity]
        public async Task<string> WorkAsync()
        {
            var context = ActivityExecutionContext.Current;
            Started.TrySetResult();
            try
            {
                await Finish.Task.WaitAsync(context.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                Reason = context.CancelReason;
                throw;
            }

            return $"finished on attempt {context.Info.Attempt}";
        }

        [Activity]
        public Task StepAsync() => Task.CompletedTask;
    }

    [Workflow]
    public sealed class OneWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync() => Workflow.ExecuteActivityAsync(
            (Acts a) => a.WorkAsync(),
            new() { StartToCloseTimeout = TimeSpan.FromHours(1), RetryPolicy = new() { InitialInterval = TimeSpan.FromMilliseconds(10) } });
    }

    [Workflow]
    public sealed class StepsWorkflow
    {
        [WorkflowRun]
        public async Task<int> RunAsync(int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                await Workflow.ExecuteActivityAsync((Acts a) => a.StepAsync(), new() { StartToCloseTimeout = TimeSpan.FromHours(1) });
            }

            return steps;
        }
    }
}
