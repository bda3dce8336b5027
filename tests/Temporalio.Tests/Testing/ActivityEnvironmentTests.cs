using Temporalio.Activities;
using Temporalio.Testing;

namespace Temporalio.Tests.Testing;

public sealed class ActivityEnvironmentTests
{
    [Fact]
    public async Task Activity_InEnvironment_HeartbeatsAndIsCancelled()
    {
        var heartbeats = new List<object?[]>();
        var environment = new ActivityEnvironment { Heartbeater = heartbeats.Add };
        var run = environment.RunAsync(async () =>
        {
            ActivityExecutionContext.Current.Heartbeat("started", 1);
            var cancelled = new TaskCompletionSource();
            ActivityExecutionContext.Current.CancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            return ActivityExecutionContext.Current.CancelReason;
        });
        environment.Cancel(ActivityCancelReason.Timeout);
        (await run).ShouldBe(ActivityCancelReason.Timeout);
        heartbeats.ShouldHaveSingleItem().ShouldBe(["started", 1]);
        ActivityExecutionContext.HasCurrent.ShouldBeFalse();
    }

    [Fact]
    public async Task Cancel_Twice_KeepsTheFirstReason()
    {
        var environment = new ActivityEnvironment();
        environment.Cancel(ActivityCancelReason.WorkerShutdown, new() { IsWorkerShutdown = true });
        environment.Cancel();
        environment.CancelReason.ShouldBe(ActivityCancelReason.WorkerShutdown);
        environment.CancellationDetails!.IsCancelRequested.ShouldBeFalse();
        (await environment.RunAsync(() => ActivityExecutionContext.Current.CancellationDetails)).ShouldBeSameAs(environment.CancellationDetails);

        var asked = new ActivityEnvironment();
        asked.CancelReason.ShouldBe(ActivityCancelReason.None);
        asked.Cancel();
        asked.CancellationDetails!.IsCancelRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Activity_InEverySynchronousForm_HasAContext()
    {
        var environment = new ActivityEnvironment { Info = ActivityEnvironment.DefaultInfo with { Attempt = 3 } };
        var attempts = new List<int> { await environment.RunAsync(() => ActivityExecutionContext.Current.Info.Attempt) };
        await environment.RunAsync(() => attempts.Add(ActivityExecutionContext.Current.Info.Attempt));
        await environment.RunAsync(async () =>
        {
            await Task.Yield();
            attempts.Add(ActivityExecutionContext.Current.Info.Attempt);
        });
        attempts.ShouldBe([3, 3, 3]);
        ActivityExecutionContext.HasCurrent.ShouldBeFalse();
    }
}
