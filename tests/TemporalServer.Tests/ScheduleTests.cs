using Temporalio.Api.ErrorDetails.V1;
using Temporalio.Api.Schedule.V1;
using Temporalio.Api.Workflow.V1;
using M = TemporalServer.Endpoints.WorkflowServiceMethods;

namespace TemporalServer.Tests;

public sealed class ScheduleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Schedule_Due_StartsTheWorkflowWithItsTimeAndId()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        var task = await server.Task();
        task.WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:10:00Z");
        var started = task.History.Events[0].WorkflowExecutionStartedEventAttributes;
        ServerHarness.Read(started.Input).ShouldBe("input");
        started.SearchAttributes.IndexedFields["TemporalScheduledById"].Data.ToStringUtf8().ShouldBe("\"s\"");
        started.SearchAttributes.IndexedFields["TemporalScheduledStartTime"].Data.ToStringUtf8().ShouldBe("\"2026-01-01T00:10:00Z\"");
        var info = (await Describe(server)).Info;
        info.ActionCount.ShouldBe(1);
        info.RunningWorkflows.Single().RunId.ShouldBe(task.WorkflowExecution.RunId);
        info.FutureActionTimes.Count.ShouldBe(10);
        info.FutureActionTimes[0].ToDateTimeOffset().ShouldBe(server.Clock.GetUtcNow().AddMinutes(10));
        var found = await server.Call(M.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default", Query = "TemporalScheduledById = 's'" });
        found.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Result_AndFailure_AreHandedToTheNextRun()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await server.Complete(await server.Task(), Do.Complete("first"));
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        var second = await server.Task();
        ServerHarness.Read(second.History.Events[0].WorkflowExecutionStartedEventAttributes.LastCompletionResult).ShouldBe("first");
        await server.Complete(second, Do.Fail());
        (await Describe(server)).Info.RecentActions.Select(a => a.StartWorkflowStatus)
            .ShouldBe([WorkflowExecutionStatus.Completed, WorkflowExecutionStatus.Failed]);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        var third = (await server.Task()).History.Events[0].WorkflowExecutionStartedEventAttributes;
        ServerHarness.Read(third.LastCompletionResult).ShouldBe("first");
        third.ContinuedFailure.Message.ShouldBe("failed");
    }

    [Theory]
    [InlineData(ScheduleOverlapPolicy.Skip, 1, 0, 2)]
    [InlineData(ScheduleOverlapPolicy.BufferOne, 1, 1, 1)]
    [InlineData(ScheduleOverlapPolicy.BufferAll, 1, 2, 0)]
    [InlineData(ScheduleOverlapPolicy.AllowAll, 3, 0, 0)]
    [InlineData(ScheduleOverlapPolicy.TerminateOther, 3, 0, 0)]
    [InlineData(ScheduleOverlapPolicy.CancelOther, 1, 2, 0)]
    public async Task Overlap_WhileOneRuns_GoesByThePolicy(ScheduleOverlapPolicy policy, int actions, int buffered, int skipped)
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.Policies = new SchedulePolicies { OverlapPolicy = policy });
        for (var i = 0; i < 3; i++)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(10));
        }

        var info = (await Describe(server)).Info;
        (info.ActionCount, info.BufferSize, info.OverlapSkipped).ShouldBe((actions, buffered, skipped));
        var first = await server.Status("w-2026-01-01T00:10:00Z");
        first.ShouldBe(policy == ScheduleOverlapPolicy.TerminateOther ? WorkflowExecutionStatus.Terminated : WorkflowExecutionStatus.Running);
        if (policy == ScheduleOverlapPolicy.CancelOther)
        {
            (await server.EventTypes("w-2026-01-01T00:10:00Z")).ShouldContain(EventType.WorkflowExecutionCancelRequested);
        }
    }

    [Fact]
    public async Task Buffered_StartsAsSoonAsTheOtherHasClosed()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.Policies = new SchedulePolicies { OverlapPolicy = ScheduleOverlapPolicy.BufferOne });
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        var first = await server.Task();

        // A further run of the same workflow is still that workflow.
        await server.Complete(first, Do.ContinueAsNew("x"));
        (await Describe(server)).Info.ActionCount.ShouldBe(1);
        await server.Complete(await server.Task(), Do.Complete());
        (await server.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:20:00Z");
    }

    [Fact]
    public async Task Failure_WithPauseOnFailure_PausesAndSaysWhy()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.Policies = new SchedulePolicies { PauseOnFailure = true });
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await server.Complete(await server.Task(), Do.Fail());
        var state = (await Describe(server)).Schedule.State;
        state.Paused.ShouldBeTrue();
        state.Notes.ShouldBe("paused due to workflow failure: w-2026-01-01T00:10:00Z: failed");
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        (await Describe(server)).Info.ActionCount.ShouldBe(1);
    }

    [Fact]
    public async Task Pause_HoldsTimesBackForGood_UnpauseGoesOn()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server);
        await Patch(server, new SchedulePatch { Pause = "holiday" });
        server.Clock.Advance(TimeSpan.FromMinutes(35));
        (await Describe(server)).Schedule.State.Notes.ShouldBe("holiday");
        await Patch(server, new SchedulePatch { Unpause = "back" });
        (await Describe(server)).Info.ActionCount.ShouldBe(0);
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        (await server.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:40:00Z");
    }

    [Fact]
    public async Task Trigger_StartsNow_EvenWhilePaused_OnceForOneRequest()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.State = new ScheduleState { Paused = true });
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 2; i++)
        {
            await Patch(server, new SchedulePatch { TriggerImmediately = new TriggerImmediatelyRequest() }, "same");
        }

        (await server.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:00:05Z");
        (await Describe(server)).Info.ActionCount.ShouldBe(1);
    }

    [Fact]
    public async Task Backfill_RunsTheTimesOfARange_BothEndsIncluded()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.State = new ScheduleState { Paused = true });
        var backfill = new BackfillRequest
        {
            StartTime = At(server.Clock.GetUtcNow().AddHours(-1)),
            EndTime = At(server.Clock.GetUtcNow().AddMinutes(-30)),
            OverlapPolicy = ScheduleOverlapPolicy.AllowAll,
        };
        await Patch(server, new SchedulePatch { BackfillRequest = { backfill } });
        server.Clock.Advance(TimeSpan.Zero);
        (await Describe(server)).Info.RecentActions.Select(a => a.StartWorkflowResult.WorkflowId)
            .ShouldBe(["w-2025-12-31T23:00:00Z", "w-2025-12-31T23:10:00Z", "w-2025-12-31T23:20:00Z", "w-2025-12-31T23:30:00Z"]);
    }

    [Fact]
    public async Task Backfill_OfThousands_IsWorkedOffInTurns()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s => s.State = new ScheduleState { Paused = true });
        var backfill = new BackfillRequest { StartTime = At(server.Clock.GetUtcNow().AddDays(-20)), EndTime = At(server.Clock.GetUtcNow()), OverlapPolicy = ScheduleOverlapPolicy.Skip };
        await Patch(server, new SchedulePatch { BackfillRequest = { backfill } });
        server.Clock.Advance(TimeSpan.Zero);
        var info = (await Describe(server)).Info;
        (info.ActionCount, info.OverlapSkipped, info.BufferDropped).ShouldBe((1, (20 * 144), 0));
    }

    [Fact]
    public async Task LimitedActions_RunOut()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server, s =>
        {
            s.State = new ScheduleState { LimitedActions = true, RemainingActions = 2 };
            s.Policies = new SchedulePolicies { OverlapPolicy = ScheduleOverlapPolicy.AllowAll };
        });
        (await Describe(server)).Info.FutureActionTimes.Count.ShouldBe(2);
        server.Clock.Advance(TimeSpan.FromHours(1));
        var described = await Describe(server);
        described.Info.ActionCount.ShouldBe(2);
        described.Schedule.State.RemainingActions.ShouldBe(0);
        described.Info.FutureActionTimes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Restart_AfterTimesWereMissed_CatchesUpWithinTheWindow()
    {
        var path = Path.Combine(_folder, "t.db");
        var clock = new ManualClock();
        await using (var server = await ServerHarness.StartAsync(path, clock))
        {
            await Create(server, s => s.Policies = new SchedulePolicies { OverlapPolicy = ScheduleOverlapPolicy.AllowAll, CatchupWindow = Do.Seconds(25 * 60) });
        }

        clock.Advance(TimeSpan.FromMinutes(61));
        await using var again = await ServerHarness.StartAsync(path, clock);
        clock.Advance(TimeSpan.Zero);
        var info = (await Describe(again)).Info;
        info.RecentActions.Select(a => a.StartWorkflowResult.WorkflowId).ShouldBe(["w-2026-01-01T00:40:00Z", "w-2026-01-01T00:50:00Z", "w-2026-01-01T01:00:00Z"]);
        info.MissedCatchupWindow.ShouldBe(3);
    }

    [Fact]
    public async Task Kill_AfterAnAction_NeitherLosesNorDoublesIt()
    {
        var (path, copy, clock) = (Path.Combine(_folder, "t.db"), Path.Combine(_folder, "copy.db"), new ManualClock());
        await using var server = await ServerHarness.StartAsync(path, clock);
        await Create(server, s => s.Policies = new SchedulePolicies { OverlapPolicy = ScheduleOverlapPolicy.AllowAll });
        clock.Advance(TimeSpan.FromMinutes(10));
        (await Describe(server)).Info.ActionCount.ShouldBe(1);

        // What a kill leaves is what is in the files at that moment.
        foreach (var suffix in (string[])["", "-wal"])
        {
            await using var source = new FileStream(path + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using var target = File.Create(copy + suffix);
            await source.CopyToAsync(target);
        }

        await using var recovered = await ServerHarness.StartAsync(copy, clock);
        clock.Advance(TimeSpan.FromMinutes(10));
        (await Describe(recovered)).Info.RecentActions.Select(a => a.StartWorkflowResult.WorkflowId).ShouldBe(["w-2026-01-01T00:10:00Z", "w-2026-01-01T00:20:00Z"]);
        (await recovered.Call(M.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default" })).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Restart_WithOneRunningAndOneBuffered_GoesOnWhereItWas()
    {
        var path = Path.Combine(_folder, "t.db");
        var clock = new ManualClock();
        await using (var server = await ServerHarness.StartAsync(path, clock))
        {
            await Create(server, s => s.Policies = new SchedulePolicies { OverlapPolicy = ScheduleOverlapPolicy.BufferAll });
            clock.Advance(TimeSpan.FromMinutes(10));
            clock.Advance(TimeSpan.FromMinutes(10));
        }

        await using var again = await ServerHarness.StartAsync(path, clock);
        await again.Complete(await again.Task(), Do.Complete());
        (await again.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:20:00Z");
        clock.Advance(TimeSpan.FromMinutes(10));
        (await Describe(again)).Info.BufferSize.ShouldBe(1);
    }

    [Fact]
    public async Task Update_WithAnOldToken_IsRefused_WithTheNewOneReplaces()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server);
        var before = await Describe(server);
        await Patch(server, new SchedulePatch { Pause = "p" });
        var request = new UpdateScheduleRequest { Namespace = "default", ScheduleId = "s", Schedule = NewSchedule(), ConflictToken = before.ConflictToken };
        request.Schedule.Spec = new ScheduleSpec { CronString = { "0 6 * * *" } };
        (await Should.ThrowAsync<RpcException>(() => server.Call(M.UpdateSchedule, request))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        request.ConflictToken = (await Describe(server)).ConflictToken;
        await server.Call(M.UpdateSchedule, request);
        server.Clock.Advance(TimeSpan.FromHours(6));
        (await server.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T06:00:00Z");
        var described = await Describe(server);
        described.Info.ActionCount.ShouldBe(1);
        described.Info.UpdateTime.ShouldNotBeNull();
    }

    [Fact]
    public async Task Create_Twice_IsRefused_UnlessItIsTheSameRequest()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await Create(server, requestId: "one");
        (await Create(server, requestId: "one")).ConflictToken.ShouldBe(first.ConflictToken);
        var error = await Should.ThrowAsync<RpcException>(() => Create(server, requestId: "two"));
        error.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        ServerHarness.Detail<WorkflowExecutionAlreadyStartedFailure>(error);
    }

    [Fact]
    public async Task Create_WithInitialPatch_TriggersAtOnce()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = Request();
        request.InitialPatch = new SchedulePatch { TriggerImmediately = new TriggerImmediatelyRequest() };
        await server.Call(M.CreateSchedule, request);
        (await server.Task()).WorkflowExecution.WorkflowId.ShouldBe("w-2026-01-01T00:00:00Z");
    }

    [Fact]
    public async Task Delete_EndsIt_AndLeavesItsWorkflowRunning()
    {
        await using var server = await ServerHarness.StartAsync(Path.Combine(_folder, "t.db"));
        await Create(server);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await server.Call(M.DeleteSchedule, new DeleteScheduleRequest { Namespace = "default", ScheduleId = "s" });
        var error = await Should.ThrowAsync<RpcException>(() => Describe(server));
        error.StatusCode.ShouldBe(StatusCode.NotFound);
        ServerHarness.Detail<NotFoundFailure>(error);
        await server.Complete(await server.Task(), Do.Complete());
        await Create(server);
        (await Describe(server)).Info.ActionCount.ShouldBe(0);
    }

    [Fact]
    public async Task List_ByQueryAndPage_FindsThem()
    {
        await using var server = await ServerHarness.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var request = Request("s" + i);
            request.Memo = new Memo { Fields = { ["note"] = ServerHarness.Text("n" + i).Payloads_[0] } };
            request.SearchAttributes = new SearchAttributes { IndexedFields = { ["Color"] = ServerHarness.Text(i % 2 == 0 ? "red" : "blue").Payloads_[0] } };
            request.Schedule.State = new ScheduleState { Paused = i == 4, Notes = "about " + i };
            await server.Call(M.CreateSchedule, request);
        }

        var list = new ListSchedulesRequest { Namespace = "default", MaximumPageSize = 2 };
        var ids = new List<string>();
        do
        {
            var page = await server.Call(M.ListSchedules, list);
            ids.AddRange(page.Schedules.Select(s => s.ScheduleId));
            list.NextPageToken = page.NextPageToken;
        }
        while (!list.NextPageToken.IsEmpty);
        ids.ShouldBe(["s4", "s3", "s2", "s1", "s0"]);

        var paused = (await server.Call(M.ListSchedules, new ListSchedulesRequest { Namespace = "default", Query = "TemporalSchedulePaused = true" })).Schedules.Single();
        paused.ScheduleId.ShouldBe("s4");
        paused.Info.Notes.ShouldBe("about 4");
        paused.Info.FutureActionTimes.Count.ShouldBe(5);
        ServerHarness.Read(new Payloads { Payloads_ = { paused.Memo.Fields["note"] } }).ShouldBe("n4");
        (await server.Call(M.CountSchedules, new CountSchedulesRequest { Namespace = "default", Query = "Color = 'red'" })).Count.ShouldBe(3);
        (await server.Call(M.CountSchedules, new CountSchedulesRequest { Namespace = "default" })).Count.ShouldBe(5);
    }

    [Fact]
    public async Task MatchingTimes_ListsTheTimesOfARange()
    {
        await using var server = await ServerHarness.StartAsync();
        await Create(server);
        var start = server.Clock.GetUtcNow().AddDays(3);
        var request = new ListScheduleMatchingTimesRequest { Namespace = "default", ScheduleId = "s", StartTime = At(start), EndTime = At(start.AddMinutes(25)) };
        (await server.Call(M.ListScheduleMatchingTimes, request)).StartTime.Select(t => t.ToDateTimeOffset()).ShouldBe([start.AddMinutes(10), start.AddMinutes(20)]);
    }

    [Fact]
    public async Task Describe_AfterCreate_ShowsDefaultsAndCanonicalSpec()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = Request();
        request.Schedule.Spec = new ScheduleSpec { CronString = { "CRON_TZ=Europe/Berlin 0 12 * * MON # lunch" } };
        await server.Call(M.CreateSchedule, request);
        var schedule = (await Describe(server)).Schedule;
        schedule.Policies.OverlapPolicy.ShouldBe(ScheduleOverlapPolicy.Skip);
        schedule.Policies.CatchupWindow.ToTimeSpan().ShouldBe(TimeSpan.FromDays(365));
        schedule.Spec.CronString.ShouldBeEmpty();
        schedule.Spec.StructuredCalendar.Single().Comment.ShouldBe("lunch");
        schedule.Spec.TimezoneName.ShouldBe("Europe/Berlin");
        schedule.Action.StartWorkflow.WorkflowId.ShouldBe("w");
        var system = await server.Call(M.GetSystemInfo, new GetSystemInfoRequest());
        system.Capabilities.SupportsSchedules.ShouldBeTrue();
    }

    private static Schedule NewSchedule() => new()
    {
        Spec = new ScheduleSpec { Interval = { new IntervalSpec { Interval = Do.Seconds(600) } } },
        Action = new ScheduleAction
        {
            StartWorkflow = new NewWorkflowExecutionInfo
            {
                WorkflowId = "w",
                WorkflowType = new WorkflowType { Name = "Flow" },
                TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
                Input = ServerHarness.Text("input"),
            },
        },
    };

    private static CreateScheduleRequest Request(string id = "s", string requestId = "") => new()
    {
        Namespace = "default",
        ScheduleId = id,
        RequestId = requestId.Length > 0 ? requestId : Guid.NewGuid().ToString(),
        Schedule = NewSchedule(),
    };

    private static Task<CreateScheduleResponse> Create(ServerHarness server, Action<Schedule>? with = null, string requestId = "")
    {
        var request = Request(requestId: requestId);
        with?.Invoke(request.Schedule);
        return server.Call(M.CreateSchedule, request);
    }

    private static Task<DescribeScheduleResponse> Describe(ServerHarness server) =>
        server.Call(M.DescribeSchedule, new DescribeScheduleRequest { Namespace = "default", ScheduleId = "s" });

    private static Task<PatchScheduleResponse> Patch(ServerHarness server, SchedulePatch patch, string requestId = "") =>
        server.Call(M.PatchSchedule, new PatchScheduleRequest { Namespace = "default", ScheduleId = "s", Patch = patch, RequestId = requestId });

    private static Timestamp At(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);
}
