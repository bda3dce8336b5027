using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class ResetTests
{
    [Fact]
    public async Task Reset_OfARunningRun_EndsItAndStartsAnotherFromTheCut()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        await server.Signal("early");
        await server.CompleteActivity(await server.PollActivity());
        await server.Complete(await server.Task(), Do.Timer("t", 60));
        await server.Signal("late", requestId: "r-late");
        var before = await server.History();
        var cut = before.Last(e => e.EventType == WorkflowTaskCompleted).EventId;

        var second = await Reset(server, cut);
        second.ShouldNotBe(first);
        (await server.Status(runId: first)).ShouldBe(WorkflowExecutionStatus.Terminated);
        var end = (await server.History(runId: first))[^1].WorkflowExecutionTerminatedEventAttributes;
        end.Reason.ShouldBe("mended");
        end.Identity.ShouldBe("history-resetter");
        (await server.Describe(runId: first)).WorkflowExtendedInfo.ResetRunId.ShouldBe(second);

        // The new run shares the events before the cut, tells where it departs, and has the signal that came after.
        var after = await server.History();
        after.Take((int)cut - 1).ShouldBe(before.Take((int)cut - 1));
        after.Skip((int)cut - 1).Select(e => e.EventType).ShouldBe([WorkflowTaskFailed, WorkflowExecutionSignaled, WorkflowTaskScheduled]);
        var failed = after[(int)cut - 1].WorkflowTaskFailedEventAttributes;
        failed.Cause.ShouldBe(WorkflowTaskFailedCause.ResetWorkflow);
        failed.BaseRunId.ShouldBe(first);
        failed.NewRunId.ShouldBe(second);
        failed.Failure.Message.ShouldBe("mended");
        failed.Failure.ResetWorkflowFailureInfo.ShouldNotBeNull();
        after[(int)cut].WorkflowExecutionSignaledEventAttributes.SignalName.ShouldBe("late");

        // It is the current run: the same signal again is known, the timer of the old one is not there, a worker can finish it.
        await server.Signal("late", requestId: "r-late");
        var task = await server.Task();
        task.Attempt.ShouldBe(1);
        task.WorkflowExecution.RunId.ShouldBe(second);
        task.History.Events.Count(e => e.WorkflowExecutionSignaledEventAttributes?.SignalName == "late").ShouldBe(1);
        await server.Complete(task);
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        await server.Signal("go");
        await server.Complete(await server.Task(), Do.Complete());
        (await server.Status(runId: second)).ShouldBe(WorkflowExecutionStatus.Completed);
        (await server.EventTypes(runId: second)).ShouldNotContain(TimerFired);
    }

    [Fact]
    public async Task Reset_ToEveryEvent_WorksExactlyWhereAWorkflowTaskIsOpen()
    {
        await using var server = await ServerHarness.StartAsync();
        var run = await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        await server.CompleteActivity(await server.PollActivity());
        await server.FailTask(await server.Task());
        var history = await server.History();
        for (var id = -1; id <= history.Count + 1; id++)
        {
            var open = id >= 2 && id <= history.Count
                && history.Take(id - 1).Aggregate(false, (pending, e) => e.EventType switch
                {
                    WorkflowTaskScheduled => true,
                    WorkflowTaskCompleted or WorkflowTaskFailed => false,
                    _ => pending,
                });
            if (open)
            {
                var reset = await Reset(server, id, with: r => r.WorkflowExecution.RunId = run);
                var kept = (await server.History(runId: reset)).Take(id - 1).ToList();
                kept.ShouldBe(history.Take(id - 1));
            }
            else
            {
                (await Refused(server, id, r => r.WorkflowExecution.RunId = run)).ShouldBe(StatusCode.InvalidArgument);
            }
        }
    }

    [Fact]
    public async Task Reset_WithoutRequestIdOrWorkflow_IsRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        (await Refused(server, 3, r => r.RequestId = string.Empty)).ShouldBe(StatusCode.InvalidArgument);
        (await Refused(server, 3, r => r.WorkflowExecution.WorkflowId = "other")).ShouldBe(StatusCode.NotFound);
        (await Refused(server, 3, r => r.Namespace = "nowhere")).ShouldBe(StatusCode.NotFound);
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Running);
    }

    [Fact]
    public async Task Reset_AskedTwice_IsOne()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var once = await Reset(server, 4, with: r => r.RequestId = "same");
        (await Reset(server, 4, with: r => r.RequestId = "same")).ShouldBe(once);
        (await Reset(server, 4, with: r => r.RequestId = "other")).ShouldNotBe(once);
    }

    [Theory]
    [InlineData(ResetReapplyType.Unspecified, null, true)]
    [InlineData(ResetReapplyType.AllEligible, null, true)]
    [InlineData(ResetReapplyType.Signal, null, true)]
    [InlineData(ResetReapplyType.None, null, false)]
    [InlineData(ResetReapplyType.Unspecified, ResetReapplyExcludeType.Signal, false)]
    [InlineData(ResetReapplyType.Unspecified, ResetReapplyExcludeType.Update, true)]
    public async Task Signals_AfterTheCut_AreTakenOverUnlessExcluded(ResetReapplyType type, ResetReapplyExcludeType? excluded, bool kept)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();

        // Held back while the task is worked on; the end of the run brings it to light.
        await server.Signal("held");
        var run = await Reset(server, 3, with: r =>
        {
#pragma warning disable CS0612 // The protocol calls it deprecated; clients may still send it.
            r.ResetReapplyType = type;
#pragma warning restore CS0612
            if (excluded is { } e)
            {
                r.ResetReapplyExcludeTypes.Add(e);
            }
        });
        (await server.EventTypes(runId: run)).Contains(WorkflowExecutionSignaled).ShouldBe(kept);
        (await Should.ThrowAsync<RpcException>(() => server.Complete(task))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Reset_OfAClosedRunThatContinued_TakesOverTheSignalsOfWhatFollowed()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.Start();
        await server.Complete(await server.Task(), Do.ContinueAsNew("next"));
        await server.Signal("to-next");
        var current = (await server.Describe()).WorkflowExecutionInfo.Execution.RunId;
        var reset = await Reset(server, 4, with: r => r.WorkflowExecution.RunId = first);
        (await server.Status(runId: first)).ShouldBe(WorkflowExecutionStatus.ContinuedAsNew);
        (await server.Status(runId: current)).ShouldBe(WorkflowExecutionStatus.Terminated);
        var history = await server.History();
        history.ShouldBe(await server.History(runId: reset));
        history.ShouldContain(e => e.EventType == WorkflowExecutionSignaled);
    }

    [Fact]
    public async Task PendingActivitiesAndTimers_OfTheKeptPart_GoOn()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity("open"), Do.Timer("t", 60), Do.Timer("gone", 3600));
        await server.Signal("s");
        var cut = (await server.History())[^1].EventId + 1;
        var task = await server.Task();
        var stale = await server.PollActivity();
        await server.Complete(task, Do.CancelTimer("gone"));
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        var run = await Reset(server, cut);

        // The activity begins anew with its full time; who had it is told that it is gone.
        (await Should.ThrowAsync<RpcException>(() => server.CompleteActivity(stale))).StatusCode.ShouldBe(StatusCode.NotFound);
        var activity = await server.PollActivity();
        activity.WorkflowExecution.RunId.ShouldBe(run);
        activity.Attempt.ShouldBe(1);
        activity.ScheduledTime.ToDateTimeOffset().ShouldBe(server.Clock.GetUtcNow());
        await server.Complete(await server.Task());

        // The timer keeps its time.
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        await server.CompleteActivity(activity);
        var last = await server.Task();
        last.History.Events.Where(e => e.EventType == TimerFired).ShouldHaveSingleItem().TimerFiredEventAttributes.TimerId.ShouldBe("t");
        last.History.Events.ShouldContain(e => e.EventType == ActivityTaskCompleted);
        server.Clock.Advance(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Children_OfTheKeptPart_StayAndTellTheNewRun()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Child("kid"), Child("done"));
        await Finish(server, "done");
        await server.Complete(await server.Task());
        var cut = (await server.History()).Last(e => e.EventType == ChildWorkflowExecutionStarted).EventId;

        // The cut goes before the start of the second is told: that is taken over, and so is its end.
        var reset = await Reset(server, cut);
        (await server.Status("kid")).ShouldBe(WorkflowExecutionStatus.Running);
        var history = await server.History();
        history.Count(e => e.EventType == ChildWorkflowExecutionStarted).ShouldBe(2);
        var completed = history.Single(e => e.EventType == ChildWorkflowExecutionCompleted).ChildWorkflowExecutionCompletedEventAttributes;
        completed.WorkflowExecution.WorkflowId.ShouldBe("done");
        history[(int)completed.StartedEventId - 1].ChildWorkflowExecutionStartedEventAttributes.InitiatedEventId.ShouldBe(completed.InitiatedEventId);

        // The one that still runs tells the run that took its parent's place.
        await server.Complete(await server.Task());
        await Finish(server, "kid");
        (await server.Task()).History.Events.Count(e => e.EventType == ChildWorkflowExecutionCompleted).ShouldBe(2);
        (await server.Describe(runId: reset)).PendingChildren.ShouldBeEmpty();
    }

    [Fact]
    public async Task Child_ThatIsReset_TellsItsParentOnceAtItsEnd()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Child("kid"));
        await server.Complete(await server.Task());
        await server.Complete(await server.Task("kid"));
        await Reset(server, 4, with: r => r.WorkflowExecution.WorkflowId = "kid");
        (await server.EventTypes()).ShouldNotContain(ChildWorkflowExecutionTerminated);
        await Finish(server, "kid");
        (await server.EventTypes()).Count(t => t == ChildWorkflowExecutionCompleted).ShouldBe(1);
    }

    [Fact]
    public async Task Child_TerminatedInTheNameOfAReset_TellsItsParent()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Child("kid"));
        await server.Complete(await server.Task());
        await server.Call(WorkflowServiceMethods.TerminateWorkflowExecution, new TerminateWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "kid" },
            Identity = "history-resetter",
            Reason = "no reset at all",
        });
        (await server.EventTypes()).ShouldContain(ChildWorkflowExecutionTerminated);
    }

    [Fact]
    public async Task ResetRun_AfterARestart_IsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory("temporal-reset-");
        try
        {
            var path = Path.Combine(folder.FullName, "t.db");
            var clock = new ManualClock();
            string run;
            IReadOnlyList<HistoryEvent> before;
            await using (var server = await ServerHarness.StartAsync(path, clock))
            {
                await server.Start();
                await server.Complete(await server.Task(), Do.Timer("t", 60));
                await server.Signal("s");
                run = await Reset(server, 4, with: r => r.RequestId = "once");
                before = await server.History();
            }

            await using var again = await ServerHarness.StartAsync(path, clock);
            (await again.History()).ShouldBe(before);
            (await Reset(again, 4, with: r => r.RequestId = "once")).ShouldBe(run);
            await again.Complete(await again.Task(), Do.Complete());
            (await again.Status(runId: run)).ShouldBe(WorkflowExecutionStatus.Completed);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> Reset(ServerHarness server, long cut, Action<ResetWorkflowExecutionRequest>? with = null) =>
        (await server.Call(WorkflowServiceMethods.ResetWorkflowExecution, Request(cut, with))).RunId;

    private static async Task<StatusCode> Refused(ServerHarness server, long cut, Action<ResetWorkflowExecutionRequest> with) =>
        (await Should.ThrowAsync<RpcException>(() => server.Call(WorkflowServiceMethods.ResetWorkflowExecution, Request(cut, with)))).StatusCode;

    private static ResetWorkflowExecutionRequest Request(long cut, Action<ResetWorkflowExecutionRequest>? with)
    {
        var request = new ResetWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            Reason = "mended",
            RequestId = Guid.NewGuid().ToString(),
            WorkflowTaskFinishEventId = cut,
        };
        with?.Invoke(request);
        return request;
    }

    private static Command Child(string id) => Do.Child(id, a => a.TaskQueue = new TaskQueue { Name = id });

    private static async Task Finish(ServerHarness server, string id) => await server.Complete(await server.Task(id), Do.Complete());
}
