using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class ActivityTests
{
    [Fact]
    public async Task Failure_OfAnotherKindThanAnApplications_IsRefusedAndTheActivityGoesOn()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var task = await server.PollActivity();
        var refused = await Should.ThrowAsync<RpcException>(() => server.Call(
            WorkflowServiceMethods.RespondActivityTaskFailed,
            new RespondActivityTaskFailedRequest { TaskToken = task.TaskToken, Failure = new Failure { CanceledFailureInfo = new CanceledFailureInfo() } }));
        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        await server.CompleteActivity(task);
    }

    [Fact]
    public async Task Activity_Running_HasNoStartedEventUntilItCloses()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var task = await server.PollActivity();
        ServerHarness.Read(task.Input).ShouldBe("arg");
        task.Attempt.ShouldBe(1);
        (await server.EventTypes()).ShouldNotContain(ActivityTaskStarted);

        await server.CompleteActivity(task);
        (await server.EventTypes()).TakeLast(3).ShouldBe([ActivityTaskStarted, ActivityTaskCompleted, WorkflowTaskScheduled]);
        (await Should.ThrowAsync<RpcException>(() => server.CompleteActivity(task))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Activity_Scheduled_AlwaysCarriesAFullRetryPolicy()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var policy = (await server.History()).Single(e => e.EventType == ActivityTaskScheduled).ActivityTaskScheduledEventAttributes.RetryPolicy;
        policy.InitialInterval.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(1));
        policy.BackoffCoefficient.ShouldBe(2);
        policy.MaximumInterval.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(100));
        policy.MaximumAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task Activity_Failing_RetriesWithBackoffAndTellsTheLastAttempt()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        await server.FailActivity(await server.PollActivity());
        (await server.PollActivity()).TaskToken.IsEmpty.ShouldBeTrue("the first retry waits a second");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await server.PollActivity();
        second.Attempt.ShouldBe(2);
        await server.FailActivity(second);
        server.Clock.Advance(TimeSpan.FromMilliseconds(1999));
        (await server.PollActivity()).TaskToken.IsEmpty.ShouldBeTrue("the second waits two");
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var third = await server.PollActivity();
        var pending = (await server.Describe()).PendingActivities.Single();
        pending.Attempt.ShouldBe(3);
        pending.LastFailure.Message.ShouldBe("failed 2");
        await server.CompleteActivity(third);
        var started = (await server.History()).Single(e => e.EventType == ActivityTaskStarted).ActivityTaskStartedEventAttributes;
        started.Attempt.ShouldBe(3);
        started.LastFailure.Message.ShouldBe("failed 2");
    }

    [Fact]
    public async Task Activity_NextRetryDelay_OverridesTheBackoff()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        await server.FailActivity(await server.PollActivity(), nextDelay: TimeSpan.FromSeconds(7));
        server.Clock.Advance(TimeSpan.FromSeconds(6));
        (await server.PollActivity()).TaskToken.IsEmpty.ShouldBeTrue();
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        (await server.PollActivity()).Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData("flag", RetryState.NonRetryableFailure)]
    [InlineData("listed", RetryState.NonRetryableFailure)]
    [InlineData("attempts", RetryState.MaximumAttemptsReached)]
    [InlineData("time", RetryState.Timeout)]
    public async Task Activity_NotRetried_SaysWhy(string why, RetryState state)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(with: a =>
        {
            a.RetryPolicy = new RetryPolicy { MaximumAttempts = why == "attempts" ? 1 : 0, InitialInterval = Do.Seconds(10) };
            a.RetryPolicy.NonRetryableErrorTypes.Add("Listed");
            a.ScheduleToCloseTimeout = why == "time" ? Do.Seconds(5) : null;
        }));
        await server.FailActivity(await server.PollActivity(), why == "listed" ? "Listed" : "Error", nonRetryable: why == "flag");
        var failed = (await server.History()).Single(e => e.EventType == ActivityTaskFailed).ActivityTaskFailedEventAttributes;
        failed.RetryState.ShouldBe(state);
        failed.Failure.Message.ShouldBe("failed 1");
    }

    [Fact]
    public async Task ScheduleToStart_Passed_TimesOutWithoutRetryOrStart()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(with: a => a.ScheduleToStartTimeout = Do.Seconds(5)));
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var history = await server.History();
        var timedOut = history.Single(e => e.EventType == ActivityTaskTimedOut).ActivityTaskTimedOutEventAttributes;
        timedOut.Failure.TimeoutFailureInfo.TimeoutType.ShouldBe(TimeoutType.ScheduleToStart);
        timedOut.RetryState.ShouldBe(RetryState.NonRetryableFailure);
        timedOut.StartedEventId.ShouldBe(0);
        history.ShouldNotContain(e => e.EventType == ActivityTaskStarted);
    }

    [Fact]
    public async Task StartToClose_Passed_RetriesAndRefusesTheOldToken()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(with: a =>
        {
            a.StartToCloseTimeout = Do.Seconds(5);
            a.RetryPolicy = new RetryPolicy { MaximumAttempts = 2 };
        }));
        var first = await server.PollActivity();
        server.Clock.Advance(TimeSpan.FromSeconds(6));
        var second = await server.PollActivity();
        second.Attempt.ShouldBe(2);
        (await Should.ThrowAsync<RpcException>(() => server.CompleteActivity(first))).StatusCode.ShouldBe(StatusCode.NotFound);
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var timedOut = (await server.History()).Single(e => e.EventType == ActivityTaskTimedOut).ActivityTaskTimedOutEventAttributes;
        timedOut.Failure.TimeoutFailureInfo.TimeoutType.ShouldBe(TimeoutType.StartToClose);
        timedOut.RetryState.ShouldBe(RetryState.MaximumAttemptsReached);
    }

    [Fact]
    public async Task ScheduleToClose_Passed_EndsTheRetries()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(with: a =>
        {
            a.ScheduleToCloseTimeout = Do.Seconds(10);
            a.RetryPolicy = new RetryPolicy { InitialInterval = Do.Seconds(8) };
        }));
        await server.FailActivity(await server.PollActivity());
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        var timedOut = (await server.History()).Single(e => e.EventType == ActivityTaskTimedOut).ActivityTaskTimedOutEventAttributes;
        timedOut.Failure.TimeoutFailureInfo.TimeoutType.ShouldBe(TimeoutType.ScheduleToClose);
    }

    [Fact]
    public async Task Heartbeat_Missed_RetriesWithTheLastDetails()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(with: a => a.HeartbeatTimeout = Do.Seconds(5)));
        var task = await server.PollActivity();
        server.Clock.Advance(TimeSpan.FromSeconds(4));
        (await server.Heartbeat(task, "halfway")).CancelRequested.ShouldBeFalse();
        server.Clock.Advance(TimeSpan.FromSeconds(4));
        (await server.Describe()).PendingActivities.Single().State.ShouldBe(PendingActivityState.Started);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        var second = await server.PollActivity();
        second.Attempt.ShouldBe(2);
        ServerHarness.Read(second.HeartbeatDetails).ShouldBe("halfway");
    }

    [Fact]
    public async Task Cancel_BeforeStart_IsWrittenAtOnce()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var scheduled = (await server.History()).Single(e => e.EventType == ActivityTaskScheduled).EventId;
        await server.Signal("now");
        await server.Complete(await server.Task(), Do.CancelActivity(scheduled));
        (await server.EventTypes()).TakeLast(3).ShouldBe([ActivityTaskCancelRequested, ActivityTaskCanceled, WorkflowTaskScheduled]);
        (await server.PollActivity()).TaskToken.IsEmpty.ShouldBeTrue("it is no longer on offer");
    }

    [Fact]
    public async Task Cancel_WhileRunning_IsToldByTheHeartbeatAndConfirmed()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var activity = await server.PollActivity();
        var canceled = new RespondActivityTaskCanceledRequest { TaskToken = activity.TaskToken, Details = ServerHarness.Text("bye") };
        (await Should.ThrowAsync<RpcException>(() => server.Call(WorkflowServiceMethods.RespondActivityTaskCanceled, canceled))).StatusCode
            .ShouldBe(StatusCode.InvalidArgument);

        var scheduled = (await server.History()).Single(e => e.EventType == ActivityTaskScheduled).EventId;
        await server.Signal("now");
        await server.Complete(await server.Task(), Do.CancelActivity(scheduled));
        (await server.Heartbeat(activity, "x")).CancelRequested.ShouldBeTrue();
        await server.Call(WorkflowServiceMethods.RespondActivityTaskCanceled, canceled);
        var e = (await server.History()).Single(e => e.EventType == ActivityTaskCanceled).ActivityTaskCanceledEventAttributes;
        ServerHarness.Read(e.Details).ShouldBe("bye");
        e.StartedEventId.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task ById_CompletesTheRunningActivity()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity("mine"));
        var request = new RespondActivityTaskCompletedByIdRequest { Namespace = "default", WorkflowId = "wf", ActivityId = "mine", Result = ServerHarness.Text("r") };
        (await Should.ThrowAsync<RpcException>(() => server.Call(WorkflowServiceMethods.RespondActivityTaskCompletedById, request))).StatusCode.ShouldBe(StatusCode.NotFound);
        await server.PollActivity();
        await server.Call(WorkflowServiceMethods.RespondActivityTaskCompletedById, request);
        (await server.EventTypes()).ShouldContain(ActivityTaskCompleted);
    }

    [Fact]
    public async Task Poll_BeforeTheTask_GetsItWhenItComes()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        var poll = server.PollActivity();
        await server.Complete(task, Do.Activity());
        var activity = await poll;
        activity = activity.TaskToken.IsEmpty ? await server.PollActivity() : activity;
        activity.ActivityId.ShouldBe("a");
    }

    [Theory]
    [InlineData("not a token")]
    [InlineData("")]
    public async Task Token_Forged_IsRefused(string token)
    {
        await using var server = await ServerHarness.StartAsync();
        var request = new RespondActivityTaskCompletedRequest { TaskToken = Google.Protobuf.ByteString.CopyFromUtf8(token) };
        var error = await Should.ThrowAsync<RpcException>(() => server.Call(WorkflowServiceMethods.RespondActivityTaskCompleted, request));
        error.StatusCode.ShouldBeOneOf(StatusCode.InvalidArgument, StatusCode.NotFound);
    }
}
