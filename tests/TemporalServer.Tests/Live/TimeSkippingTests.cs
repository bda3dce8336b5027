using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Exceptions;
using CodingAgent.TestKit;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

public sealed class TimeSkippingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Result_Awaited_SkipsTimersAndRetries()
    {
        await using var environment = await EmbeddedEnvironment.StartSkippingTimeAsync();
        environment.SupportsTimeSkipping.ShouldBeTrue();
        var attempts = new Attempts();
        using var worker = new TemporalWorker(
            environment.Client, LiveServer.Worker("skip").AddWorkflow<PatientWorkflow>().AddAllActivities(attempts));
        await worker.ExecuteAsync(async () =>
        {
            var before = await environment.GetCurrentTimeAsync();
            var waited = await environment.Client.ExecuteWorkflowAsync(
                (PatientWorkflow wf) => wf.RunAsync(TimeSpan.FromDays(400)), new("patient", "skip")).WaitAsync(Patience);
            waited.ShouldBeInRange(TimeSpan.FromDays(400), TimeSpan.FromDays(401));
            attempts.Count.ShouldBe(4);
            (await environment.GetCurrentTimeAsync() - before).ShouldBeInRange(TimeSpan.FromDays(402), TimeSpan.FromDays(405));
        });
    }

    [Fact]
    public async Task Result_OfAWorkflowThatFails_LocksTimeAgain()
    {
        await using var environment = await EmbeddedEnvironment.StartSkippingTimeAsync();
        var handle = await environment.Client.StartWorkflowAsync(
            "Nobody", [], new("expired", "no-worker") { RunTimeout = TimeSpan.FromSeconds(1) });
        (await Should.ThrowAsync<WorkflowFailedException>(() => handle.GetResultAsync().WaitAsync(Patience))).InnerException.ShouldBeOfType<TimeoutFailureException>();

        // Locked: unlocked again by the next wait, which a lock too few would make fail.
        await environment.DelayAsync(TimeSpan.FromDays(1)).WaitAsync(Patience);
        await Should.ThrowAsync<WorkflowFailedException>(() => handle.GetResultAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task AutoTimeSkippingDisabled_ResultsAwaited_TakeTheirTime()
    {
        await using var environment = await EmbeddedEnvironment.StartSkippingTimeAsync();
        using var worker = new TemporalWorker(
            environment.Client, LiveServer.Worker("skip").AddWorkflow<PatientWorkflow>().AddAllActivities(new Attempts()));
        await worker.ExecuteAsync(async () =>
        {
            var handle = await environment.Client.StartWorkflowAsync(
                (PatientWorkflow wf) => wf.RunAsync(TimeSpan.FromDays(400)), new("slow", "skip"));
            using var patience = new CancellationTokenSource();
            var result = environment.WithAutoTimeSkippingDisabledAsync(() => handle.GetResultAsync(rpcOptions: new() { CancellationToken = patience.Token }));
            await Eventually.TrueAsync(
                async () => (await handle.FetchHistoryAsync()).Events.Any(e => e.TimerStartedEventAttributes is not null), "a started timer");
            result.IsCompleted.ShouldBeFalse();
            await patience.CancelAsync();
            await Should.ThrowAsync<Exception>(() => result);
            environment.WithAutoTimeSkippingDisabled(() => 7).ShouldBe(7);
            var ran = false;
            environment.WithAutoTimeSkippingDisabled(() => { ran = true; });
            ran.ShouldBeTrue();

            // Afterwards it is as before.
            (await handle.GetResultAsync().WaitAsync(Patience)).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromDays(400));
        });
    }

    [Fact]
    public async Task Delay_InSteps_ShowsEachStateOnTheWay()
    {
        await using var environment = await EmbeddedEnvironment.StartSkippingTimeAsync();
        using var worker = new TemporalWorker(environment.Client, LiveServer.Worker("skip").AddWorkflow<CalendarWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var handle = await environment.Client.StartWorkflowAsync((CalendarWorkflow wf) => wf.RunAsync(), new("calendar", "skip"));
            await environment.DelayAsync(TimeSpan.FromHours(60)).WaitAsync(Patience);
            (await handle.QueryAsync(wf => wf.Days)).ShouldBe(2);
            await environment.DelayAsync(TimeSpan.FromDays(7)).WaitAsync(Patience);
            (await handle.QueryAsync(wf => wf.Days)).ShouldBe(9);
            await handle.SignalAsync(wf => wf.StopAsync());
            (await handle.GetResultAsync().WaitAsync(Patience)).ShouldBe(9);
        });
    }

    [Fact]
    public async Task EnvironmentInRealTime_DoesNotSkip()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        environment.SupportsTimeSkipping.ShouldBeFalse();
        await environment.DelayAsync(1);
        (await environment.WithAutoTimeSkippingDisabledAsync(() => Task.FromResult(1))).ShouldBe(1);
    }

    [Workflow]
    public sealed class PatientWorkflow
    {
        [WorkflowRun]
        public async Task<TimeSpan> RunAsync(TimeSpan delay)
        {
            var before = Workflow.UtcNow;
            await Workflow.DelayAsync(delay);
            var waited = Workflow.UtcNow - before;
            await Workflow.ExecuteActivityAsync(
                (Attempts a) => a.TryAgain(),
                new()
                {
                    StartToCloseTimeout = TimeSpan.FromMinutes(10),
                    RetryPolicy = new() { InitialInterval = TimeSpan.FromDays(1), BackoffCoefficient = 1 },
                });
            return waited;
        }
    }

    [Workflow]
    public sealed class CalendarWorkflow
    {
        private bool _stopped;

        [WorkflowQuery]
        public int Days { get; private set; }

        [WorkflowRun]
        public async Task<int> RunAsync()
        {
            while (!await Workflow.WaitConditionAsync(() => _stopped, TimeSpan.FromDays(1)))
            {
                Days++;
            }

            return Days;
        }

        [WorkflowSignal]
        public Task StopAsync()
        {
            _stopped = true;
            return Task.CompletedTask;
        }
    }

    public sealed class Attempts
    {
        public int Count { get; private set; }

        [Activity]
        public void TryAgain()
        {
            Count++;
            if (Count < 4)
            {
                throw new ApplicationFailureException("not yet");
            }
        }
    }
}
