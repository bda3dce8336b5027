using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class WorkflowTaskTests
{
    [Fact]
    public async Task Task_Completed_GivesTheHistoryAndClosesTheWorkflow()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        task.History.Events.Select(e => e.EventType).ShouldBe([WorkflowExecutionStarted, WorkflowTaskScheduled, WorkflowTaskStarted]);
        task.StartedEventId.ShouldBe(3);
        task.PreviousStartedEventId.ShouldBe(0);
        task.Attempt.ShouldBe(1);

        await server.Complete(task, Do.Complete("fine"));
        var history = await server.History();
        history.Select(e => e.EventType).ShouldBe(
            [WorkflowExecutionStarted, WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskCompleted, WorkflowExecutionCompleted]);
        history[4].WorkflowExecutionCompletedEventAttributes.WorkflowTaskCompletedEventId.ShouldBe(4);
        ServerHarness.Read(history[4].WorkflowExecutionCompletedEventAttributes.Result).ShouldBe("fine");
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Completed);
    }

    [Fact]
    public async Task Task_FailedRepeatedly_WritesOneFailureAndBacksOff()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.FailTask(await server.Task());
        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted, WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskFailed]);

        (await server.Poll()).TaskToken.IsEmpty.ShouldBeTrue("the retry backs off");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await server.Task();
        second.Attempt.ShouldBe(2);
        second.History.Events.Select(e => e.EventType).TakeLast(3).ShouldBe([WorkflowTaskFailed, WorkflowTaskScheduled, WorkflowTaskStarted]);
        second.History.Events.Select(e => e.EventId).ShouldBe([1, 2, 3, 4, 5, 6]);
        second.StartedEventId.ShouldBe(6);
        await server.FailTask(second);
        (await server.History()).Count.ShouldBe(4, "a later attempt writes nothing until it succeeds");

        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await server.Task();
        third.Attempt.ShouldBe(3);
        await server.Complete(third, Do.Complete());
        var history = await server.History();
        history.Select(e => e.EventType).TakeLast(4).ShouldBe([WorkflowTaskScheduled, WorkflowTaskStarted, WorkflowTaskCompleted, WorkflowExecutionCompleted]);
        history[4].WorkflowTaskScheduledEventAttributes.Attempt.ShouldBe(3);
    }

    [Fact]
    public async Task Task_TransientMetByASignal_BecomesNormal()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.FailTask(await server.Task());
        await server.Signal("s");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var task = await server.Task();
        task.Attempt.ShouldBe(1);
        (await server.EventTypes()).TakeLast(4).ShouldBe([WorkflowTaskFailed, WorkflowExecutionSignaled, WorkflowTaskScheduled, WorkflowTaskStarted]);
    }

    [Fact]
    public async Task Task_TimedOut_IsOfferedAgainAndTheOldTokenIsRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var lost = await server.Task();
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        (await server.EventTypes())[^1].ShouldBe(WorkflowTaskTimedOut);

        var error = await Should.ThrowAsync<RpcException>(() => server.Complete(lost, Do.Complete()));
        error.StatusCode.ShouldBe(StatusCode.NotFound);
        var again = await server.Task();
        again.Attempt.ShouldBe(2);
        await server.Complete(again, Do.Complete());
    }

    [Fact]
    public async Task Task_StartedWhileEventsArrive_BuffersThemCompletionsLast()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity(), Do.Timer("t", 5));
        var activity = await server.PollActivity();
        await server.Signal("first");
        var task = await server.Task();
        await server.CompleteActivity(activity);
        await server.Signal("second");
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var before = await server.EventTypes();
        before[^1].ShouldBe(WorkflowTaskStarted);

        await server.Complete(task);
        var history = await server.History();
        history.Skip(before.Count).Select(e => e.EventType).ShouldBe(
            [WorkflowTaskCompleted, WorkflowExecutionSignaled, TimerFired, ActivityTaskStarted, ActivityTaskCompleted, WorkflowTaskScheduled]);
        var started = history.Single(e => e.EventType == ActivityTaskStarted);
        history.Single(e => e.EventType == ActivityTaskCompleted).ActivityTaskCompletedEventAttributes.StartedEventId.ShouldBe(started.EventId);
        history.Select(e => e.EventId).ShouldBe(Enumerable.Range(1, history.Count).Select(i => (long)i));
    }

    [Fact]
    public async Task Task_ClosingWithUnseenEvents_FailsAsUnhandledCommand()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        await server.Signal("late");
        var error = await Should.ThrowAsync<RpcException>(() => server.Complete(task, Do.Complete()));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var history = await server.History();
        history.Select(e => e.EventType).TakeLast(3).ShouldBe([WorkflowTaskFailed, WorkflowExecutionSignaled, WorkflowTaskScheduled]);
        history[3].WorkflowTaskFailedEventAttributes.Cause.ShouldBe(WorkflowTaskFailedCause.UnhandledCommand);

        var again = await server.Task();
        again.Attempt.ShouldBe(1);
        await server.Complete(again, Do.Complete());
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Completed);
    }

    [Fact]
    public async Task Task_WithABadCommand_KeepsNothingOfIt()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        await Should.ThrowAsync<RpcException>(() => server.Complete(task, Do.Timer("t", 5), Do.Activity(with: a => a.StartToCloseTimeout = null)));
        var history = await server.History();
        history[^1].WorkflowTaskFailedEventAttributes.Cause.ShouldBe(WorkflowTaskFailedCause.BadScheduleActivityAttributes);
        history.ShouldNotContain(e => e.EventType == TimerStarted);
        (await server.Describe()).PendingActivities.ShouldBeEmpty();
    }

    [Fact]
    public async Task Task_WithAbsurdDurations_IsCarriedOutAllTheSame()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var odd = Do.Timer("odd", 1);
        odd.StartTimerCommandAttributes.StartToFireTimeout = new Duration { Seconds = long.MaxValue, Nanos = int.MaxValue };
        var negative = Do.Timer("negative", 1);
        negative.StartTimerCommandAttributes.StartToFireTimeout = new Duration { Seconds = -5, Nanos = -1 };
        await server.Complete(await server.Task(), odd, negative);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        (await server.History()).Single(e => e.EventType == TimerFired).TimerFiredEventAttributes.TimerId.ShouldBe("negative");
    }

    [Fact]
    public async Task Task_WithPagesOfHistory_LeadsToTheRest()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start(with: r => r.Input = ServerHarness.Text(new string('x', 1_500_000)));
        for (var i = 0; i < 2; i++)
        {
            await server.Signal("s", input: new string('s', 1_500_000));
        }

        // A later attempt, so that the events not written yet must come on the last page.
        await server.FailTask(await server.Task());
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var task = await server.Task();
        var events = task.History.Events.ToList();
        var token = task.NextPageToken;
        token.IsEmpty.ShouldBeFalse();
        while (!token.IsEmpty)
        {
            var page = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, new GetWorkflowExecutionHistoryRequest
            {
                Namespace = "default",
                Execution = task.WorkflowExecution,
                NextPageToken = token,
            });
            events.AddRange(page.History.Events);
            token = page.NextPageToken;
        }

        events.Select(e => e.EventId).ShouldBe(Enumerable.Range(1, (int)task.StartedEventId).Select(i => (long)i));
        events[^1].EventType.ShouldBe(WorkflowTaskStarted);
        await server.Complete(task, Do.Complete());
    }

    [Fact]
    public async Task Task_Sticky_CarriesOnlyWhatIsNew()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        await server.Complete(await server.Task(), Sticky);
        await server.Signal("s");
        var task = await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        task.PreviousStartedEventId.ShouldBe(3);
        task.History.Events.Select(e => e.EventType).ShouldBe([WorkflowTaskCompleted, WorkflowExecutionSignaled, WorkflowTaskScheduled, WorkflowTaskStarted]);
        task.History.Events[2].WorkflowTaskScheduledEventAttributes.TaskQueue.Kind.ShouldBe(TaskQueueKind.Sticky);
    }

    [Fact]
    public async Task Task_StickyNotTaken_GoesToAnyWorkerOnTheSameAttempt()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        await server.Complete(await server.Task(), Sticky);
        await server.Signal("s");
        (await server.Poll()).TaskToken.IsEmpty.ShouldBeTrue("it belongs to the sticky worker");
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var task = await server.Task();
        task.Attempt.ShouldBe(1);
        task.History.Events[0].EventType.ShouldBe(WorkflowExecutionStarted);
        var timedOut = task.History.Events.Single(e => e.EventType == WorkflowTaskTimedOut);
        timedOut.WorkflowTaskTimedOutEventAttributes.TimeoutType.ShouldBe(TimeoutType.ScheduleToStart);
    }

    [Fact]
    public async Task Task_StickyWithoutWorker_GoesToAnyWorkerAtOnce()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Sticky);
        await server.Signal("s");
        (await server.Task()).History.Events[0].EventType.ShouldBe(WorkflowExecutionStarted);
    }

    [Fact]
    public async Task Worker_Shutdown_ReleasesItsStickyTasks()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        await server.Complete(await server.Task(), Sticky);
        await server.Signal("s");
        await server.Call(WorkflowServiceMethods.ShutdownWorker, new ShutdownWorkerRequest { Namespace = "default", StickyTaskQueue = "sticky" });
        (await server.Task()).History.Events[0].EventType.ShouldBe(WorkflowExecutionStarted);
    }

    [Fact]
    public async Task Task_ForcedNew_IsReturnedWithTheCompletion()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var response = await server.Complete(
            await server.Task(),
            r =>
            {
                r.ForceCreateNewWorkflowTask = true;
                r.ReturnNewWorkflowTask = true;
            },
            Do.Marker("m"));
        response.WorkflowTask.StartedEventId.ShouldBe(7);
        await server.Complete(response.WorkflowTask, Do.Complete());
        (await server.EventTypes())[4].ShouldBe(MarkerRecorded);
    }

    [Fact]
    public async Task Terminate_WhileATaskIsStarted_TakesTheTaskAway()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        await server.Call(WorkflowServiceMethods.TerminateWorkflowExecution, new TerminateWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            Reason = "enough",
        });
        (await server.EventTypes()).TakeLast(2).ShouldBe([WorkflowTaskFailed, WorkflowExecutionTerminated]);
        (await Should.ThrowAsync<RpcException>(() => server.Complete(task, Do.Complete()))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Cancel_Requested_IsToldOnceAndConfirmedByTheWorkflow()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        for (var i = 0; i < 2; i++)
        {
            await server.Call(WorkflowServiceMethods.RequestCancelWorkflowExecution, new RequestCancelWorkflowExecutionRequest
            {
                Namespace = "default",
                WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            });
        }

        var task = await server.Task();
        task.History.Events.Count(e => e.EventType == WorkflowExecutionCancelRequested).ShouldBe(1);
        await server.Complete(task, Do.Cancel());
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Canceled);
    }

    private static void Sticky(RespondWorkflowTaskCompletedRequest request) => request.StickyAttributes = new StickyExecutionAttributes
    {
        WorkerTaskQueue = new TaskQueue { Name = "sticky", Kind = TaskQueueKind.Sticky, NormalName = ServerHarness.Queue },
        ScheduleToStartTimeout = Do.Seconds(5),
    };
}
