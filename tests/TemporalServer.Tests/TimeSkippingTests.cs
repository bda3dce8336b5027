using Google.Protobuf;
using Temporalio.Api.TestService.V1;

namespace TemporalServer.Tests;

public sealed class TimeSkippingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task TestService_OfAServerThatDoesNotSkip_IsUnimplemented()
    {
        await using var server = await ServerHarness.StartAsync();
        (await Refused(server, TestServiceMethods.LockTimeSkipping, new())).ShouldBe(StatusCode.Unimplemented);
        (await Refused(server, TestServiceMethods.UnlockTimeSkipping, new())).ShouldBe(StatusCode.Unimplemented);
        (await Refused(server, TestServiceMethods.Sleep, new())).ShouldBe(StatusCode.Unimplemented);
        (await Refused(server, TestServiceMethods.SleepUntil, new())).ShouldBe(StatusCode.Unimplemented);
        (await Refused(server, TestServiceMethods.UnlockTimeSkippingWithSleep, new())).ShouldBe(StatusCode.Unimplemented);
        (await Refused(server, TestServiceMethods.GetCurrentTime, new())).ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Unlock_BelowZero_IsRefused()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await Unlock(server);
        (await Refused(server, TestServiceMethods.UnlockTimeSkipping, new())).ShouldBe(StatusCode.FailedPrecondition);
        (await Refused(server, TestServiceMethods.UnlockTimeSkippingWithSleep, new() { Duration = Do.Seconds(1) })).ShouldBe(StatusCode.FailedPrecondition);
        await Lock(server);
        await Unlock(server);
    }

    [Fact]
    public async Task SleepWithUnlock_JumpsAndLocksAgain()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        var before = await Now(server);
        await SleepUnlocked(server, TimeSpan.FromDays(365));
        await SleepUnlocked(server, TimeSpan.FromDays(1));
        (await Now(server) - before).ShouldBeInRange(TimeSpan.FromDays(366), TimeSpan.FromDays(366) + TimeSpan.FromHours(1));

        // Locked: a sleep takes its time, and when its caller goes it leaves nothing behind.
        using var gone = new CancellationTokenSource();
        var sleep = server.Call(TestServiceMethods.Sleep, new() { Duration = Do.Seconds(86_400) }, gone.Token);
        await Now(server);
        sleep.IsCompleted.ShouldBeFalse();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => sleep);
    }

    [Fact]
    public async Task SleepUntil_WhileUnlocked_ReturnsAtItsTime()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        var before = await Now(server);
        await Unlock(server);
        await server.Call(TestServiceMethods.SleepUntil, new() { Timestamp = Timestamp.FromDateTimeOffset(before.AddYears(3)) });
        var after = await Now(server);
        after.ShouldBeInRange(before.AddYears(3), before.AddYears(3).AddHours(1));
        await server.Call(TestServiceMethods.SleepUntil, new() { Timestamp = Timestamp.FromDateTimeOffset(before) });
        (await Refused(server, TestServiceMethods.SleepUntil, new())).ShouldBe(StatusCode.InvalidArgument);
        var never = new Timestamp { Seconds = long.MaxValue };
        (await Refused(server, TestServiceMethods.SleepUntil, new() { Timestamp = never })).ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task SleepWithUnlock_WhoseCallerGoes_LocksAgain()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();

        // A task that nobody takes keeps time from being skipped whatever the locks.
        await server.Start();
        await Lock(server);
        using var gone = new CancellationTokenSource();
        var sleep = server.Call(TestServiceMethods.UnlockTimeSkippingWithSleep, new() { Duration = Do.Seconds(86_400) }, gone.Token);
        await Eventually(async () => await Locks(server) == 1);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => sleep);
        await Eventually(async () => await Locks(server) == 2);
    }

    [Fact]
    public async Task Timers_WhileUnlocked_FireOneAfterTheOtherEachHandled()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await server.Start();
        var task = await server.Task();
        var before = await Now(server);
        await server.Complete(task, Do.Timer("late", 86_400 * 20), Do.Timer("early", 86_400 * 10));
        var sleep = SleepUnlocked(server, TimeSpan.FromDays(30));

        // Time stands at the first timer until its task is done, however long that takes.
        task = await server.Task();
        task.History.Events.Where(e => e.EventType == EventType.TimerFired).ShouldHaveSingleItem().TimerFiredEventAttributes.TimerId.ShouldBe("early");
        (await Now(server) - before).ShouldBeInRange(TimeSpan.FromDays(10), TimeSpan.FromDays(11));
        await server.Complete(task, Do.Timer("between", 86_400));
        task = await server.Task();
        task.History.Events.Last(e => e.EventType == EventType.TimerFired).TimerFiredEventAttributes.TimerId.ShouldBe("between");
        await server.Complete(task);
        task = await server.Task();
        task.History.Events.Last(e => e.EventType == EventType.TimerFired).TimerFiredEventAttributes.TimerId.ShouldBe("late");
        sleep.IsCompleted.ShouldBeFalse();
        await server.Complete(task, Do.Complete());
        await sleep.WaitAsync(Patience);
        (await Now(server) - before).ShouldBeInRange(TimeSpan.FromDays(30), TimeSpan.FromDays(31));
    }

    [Fact]
    public async Task Activity_InWork_HoldsTimeAndItsRetryBackoffDoesNot()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("t", 86_400), Do.Activity("a", a =>
        {
            a.StartToCloseTimeout = Do.Seconds(3600);
            a.RetryPolicy = new RetryPolicy { InitialInterval = Do.Seconds(7200) };
        }));
        await Unlock(server);
        var before = await Now(server);
        var activity = await server.PollActivity();
        (await Now(server) - before).ShouldBeLessThan(TimeSpan.FromMinutes(30));
        await server.FailActivity(activity);

        // Two hours of backoff are skipped; then the second attempt is on offer, and time runs on its own again.
        var again = await server.PollActivity();
        again.Attempt.ShouldBe(2);
        (await Now(server) - before).ShouldBeInRange(TimeSpan.FromHours(2), TimeSpan.FromHours(3));
        await server.CompleteActivity(again);
        await server.Complete(await server.Task());
        (await server.Task()).History.Events.ShouldContain(e => e.EventType == EventType.TimerFired);
    }

    [Fact]
    public async Task NothingDue_WhileUnlocked_TimeGoesItsOwnPace()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await server.Start();
        await server.Complete(await server.Task());
        await Unlock(server);
        var before = await Now(server);
        await server.Signal("wake");
        await server.Complete(await server.Task(), Do.Complete());
        (await Now(server) - before).ShouldBeLessThan(TimeSpan.FromHours(1));
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Completed);
    }

    [Fact]
    public async Task RunTimeout_OfAWorkflowThatOnlyWaits_IsSkippedTo()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await server.Start(with: r => r.WorkflowRunTimeout = Do.Seconds(86_400));
        await server.Complete(await server.Task());
        await Unlock(server);
        await Eventually(async () => await server.Status() == WorkflowExecutionStatus.TimedOut);
    }

    [Fact]
    public async Task Query_OutForAnAnswer_HoldsTime()
    {
        await using var server = await ServerHarness.StartTimeSkippingAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("t", 86_400));
        var query = server.Call(WorkflowServiceMethods.QueryWorkflow, new()
        {
            Namespace = "default",
            Execution = new() { WorkflowId = "wf" },
            Query = new() { QueryType = "q" },
        });
        var asked = await server.Task();
        asked.Query.ShouldNotBeNull();
        await Unlock(server);
        var before = await Now(server);
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Running);
        (await server.History()).ShouldNotContain(e => e.EventType == EventType.TimerFired);
        (await Now(server) - before).ShouldBeLessThan(TimeSpan.FromHours(1));
        await server.Call(WorkflowServiceMethods.RespondQueryTaskCompleted, new() { TaskToken = asked.TaskToken, CompletedType = QueryResultType.Answered });
        await query.WaitAsync(Patience);
        (await server.Task()).History.Events.ShouldContain(e => e.EventType == EventType.TimerFired);
    }

    private static async Task<DateTimeOffset> Now(ServerHarness server) => (await server.Call(TestServiceMethods.GetCurrentTime, new Empty())).Time.ToDateTimeOffset();

    private static Task Lock(ServerHarness server) => server.Call(TestServiceMethods.LockTimeSkipping, new LockTimeSkippingRequest());

    private static Task Unlock(ServerHarness server) => server.Call(TestServiceMethods.UnlockTimeSkipping, new UnlockTimeSkippingRequest());

    private static Task SleepUnlocked(ServerHarness server, TimeSpan duration) =>
        server.Call(TestServiceMethods.UnlockTimeSkippingWithSleep, new SleepRequest { Duration = Duration.FromTimeSpan(duration) });

    private static async Task<StatusCode> Refused<TRequest, TResponse>(ServerHarness server, RpcMethod<TRequest, TResponse> method, TRequest request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        (await Should.ThrowAsync<RpcException>(() => server.Call(method, request))).StatusCode;

    /// <summary>How many locks there are, counted by taking them all off and putting them back.</summary>
    private static async Task<int> Locks(ServerHarness server)
    {
        var count = 0;
        try
        {
            while (true)
            {
                await Unlock(server);
                count++;
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
        {
            for (var i = 0; i < count; i++)
            {
                await Lock(server);
            }

            return count;
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            (TimeProvider.System.GetElapsedTime(started) < Patience).ShouldBeTrue("not in time");
        }
    }
}
