using CodingAgent.TestKit;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

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
    public Task Workers_ComingAndGoing_CostOthersNothing() => ComeAndGoAsync(workflows: 10, workers: 30);

    [Fact]
    [Trait("Category", "Long")]
    public Task ManyWorkers_ComingAndGoing_CostOthersNothing() => ComeAndGoAsync(workflows: 40, workers: 150);

    [Fact]
    public async Task WorkflowKeptByAStoppedWorker_GoesOnElsewhereAtOnce()
    {
        var queue = $"queue-{Guid.NewGuid()}";
        var options = new TemporalWorkerOptions(queue) { DebugMode = true, StickyQueueScheduleToStartTimeout = TimeSpan.FromHours(1) }.AddWorkflow<CacheTests.ParkedWorkflow>();
        var handle = await server.Client.StartWorkflowAsync((CacheTests.ParkedWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
        using (var first = new TemporalWorker(server.Client, options))
        {
            await first.ExecuteAsync(async () => (await handle.QueryAsync(wf => wf.Notes)).ShouldBe(0));
        }

        using var second = new TemporalWorker(server.Client, options);
        await second.ExecuteAsync(async () =>
        {
            await handle.SignalAsync(wf => wf.NoteAsync(true));
            (await handle.GetResultAsync().WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(1);
        });
    }

    private static TemporalWorkerOptions Options(string queue, Acts acts) =>
        LiveServer.Worker(queue).AddWorkflow<OneWorkflow>().AddActivity(acts.WorkAsync);

    /// <summary>
    /// Tasks arrive while workers stop, on a disk so slow that many a worker goes between a task's match and its answer. The SDK may drop what is
    /// fully written to a poll of a stopping worker, as against any server: a timeout brings that back, and nothing else may cost time. What was
    /// not written yet is for others at once.
    /// </summary>
    private async Task ComeAndGoAsync(int workflows, int workers)
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(server: new() { BeforeCommit = () => Task.Delay(20) });
        var client = environment.Client;
        var queue = $"queue-{Guid.NewGuid()}";
        var options = LiveServer.Worker(queue).AddWorkflow<StepsWorkflow>().AddActivity(new Acts().StepAsync);
        var handles = await Task.WhenAll(Enumerable.Range(0, workflows).Select(_ =>
            client.StartWorkflowAsync((StepsWorkflow wf) => wf.RunAsync(10), LiveServer.Start(queue))));
        var all = Task.WhenAll(handles.Select(h => h.GetResultAsync()));
        for (var i = 0; i < workers && !all.IsCompleted; i++)
        {
            using var leaving = new TemporalWorker(client, options);
            await leaving.ExecuteAsync(() => Task.WhenAny(all, Task.Delay(50)));
        }

        using var steady = new TemporalWorker(client, options);
        await steady.ExecuteAsync(async () => (await all.WaitAsync(TimeSpan.FromSeconds(60))).ShouldAllBe(steps => steps == 10));
        var triedAgain = 0;
        foreach (var handle in handles)
        {
            var history = (await handle.FetchHistoryAsync()).Events;
            triedAgain += history.Count(e => e.ActivityTaskStartedEventAttributes is { Attempt: > 1 });
            history.ShouldNotContain(e => e.WorkflowTaskFailedEventAttributes != null);
            history.Select(e => e.WorkflowTaskTimedOutEventAttributes).OfType<WorkflowTaskTimedOutEventAttributes>()
                .ShouldAllBe(e => e.TimeoutType == TimeoutType.StartToClose);
        }

        // None, as a rule: three to seven of ten workflows lost one where the server did not take back what it had not written.
        triedAgain.ShouldBeLessThanOrEqualTo(workflows / 5);
    }

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
                await Workflow.ExecuteActivityAsync((Acts a) => a.StepAsync(), new() { StartToCloseTimeout = TimeSpan.FromSeconds(10) });
            }

            return steps;
        }
    }
}
