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
}
