using CodingAgent.TestKit;
using Temporalio.Client.Schedules;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;
using RpcException = Temporalio.Exceptions.RpcException;

namespace TemporalServer.Tests.Live;

/// <summary>The SDK's schedules on the embedded server, with a worker that does what they start.</summary>
[Collection(nameof(LiveServer))]
public sealed class ScheduleLiveTests(LiveServer server)
{
    [Fact]
    public async Task Schedule_TriggeredPausedUpdatedAndDeleted_DoesAsTold() => await server.WithWorkerAsync(
        o => o.AddWorkflow<ReportWorkflow>(),
        async queue =>
        {
            var id = $"schedule-{Guid.NewGuid()}";
            var action = ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("daily"), new($"{id}-report", queue));
            var handle = await server.Client.CreateScheduleAsync(id, new(action, new() { Intervals = [new(TimeSpan.FromDays(1))] }));

            await handle.TriggerAsync();
            await Eventually.TrueAsync(async () => (await handle.DescribeAsync()).Info.NumActions == 1, "the triggered action");
            var started = (await handle.DescribeAsync()).Info.RecentActions.Single().Action.ShouldBeOfType<ScheduleActionExecutionStartWorkflow>();
            (await server.Client.GetWorkflowHandle(started.WorkflowId).GetResultAsync<string>()).ShouldBe("daily report");

            await handle.PauseAsync("holiday");
            var paused = await handle.DescribeAsync();
            (paused.Schedule.State.Paused, paused.Schedule.State.Note).ShouldBe((true, "holiday"));
            await handle.UpdateAsync(input => new ScheduleUpdate(input.Description.Schedule with { Policy = new() { Overlap = ScheduleOverlapPolicy.AllowAll } }));
            await handle.UnpauseAsync();
            var resumed = await handle.DescribeAsync();
            (resumed.Schedule.State.Paused, resumed.Schedule.Policy.Overlap).ShouldBe((false, ScheduleOverlapPolicy.AllowAll));
            resumed.Info.NextActionTimes.ShouldNotBeEmpty();

            await handle.DeleteAsync();
            (await Should.ThrowAsync<RpcException>(() => handle.DescribeAsync())).Code.ShouldBe(RpcException.StatusCode.NotFound);
        });

    [Fact]
    public async Task Schedule_OfEveryKindOfTime_IsDescribedAsItWasMade()
    {
        var id = $"schedule-{Guid.NewGuid()}";
        var action = ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("full"), new($"{id}-report", "nobody"));
        var spec = new ScheduleSpec
        {
            Calendars = [new() { Hour = [new(9, 17, 2)], DayOfWeek = [new(1, 5)], Comment = "office hours" }],
            Intervals = [new(TimeSpan.FromHours(5), TimeSpan.FromMinutes(7))],
            Skip = [new() { Month = [new(12)], DayOfMonth = [new(25)] }],
            StartAt = new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            EndAt = new(2101, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            Jitter = TimeSpan.FromSeconds(3),
            TimeZoneName = "Europe/Berlin",
        };
        var policy = new SchedulePolicy { Overlap = ScheduleOverlapPolicy.BufferOne, CatchupWindow = TimeSpan.FromHours(2), PauseOnFailure = true };
        var made = new Schedule(action, spec) { Policy = policy, State = new() { Note = "made", LimitedActions = true, RemainingActions = 9 } };
        var handle = await server.Client.CreateScheduleAsync(id, made, new() { Memo = new Dictionary<string, object> { ["kept"] = "memo" } });
        var described = await handle.DescribeAsync();
        described.Schedule.Spec.Calendars.Single().Hour.ShouldBe([new ScheduleRange(9, 17, 2)]);
        described.Schedule.Spec.Calendars.Single().Comment.ShouldBe("office hours");
        described.Schedule.Spec.Intervals.ShouldBe(spec.Intervals);
        described.Schedule.Spec.Skip.Single().DayOfMonth.ShouldBe([new ScheduleRange(25)]);
        (described.Schedule.Spec.StartAt, described.Schedule.Spec.EndAt, described.Schedule.Spec.Jitter, described.Schedule.Spec.TimeZoneName)
            .ShouldBe((spec.StartAt, spec.EndAt, spec.Jitter, spec.TimeZoneName));
        described.Schedule.Policy.ShouldBe(policy);
        described.Schedule.State.ShouldBe(made.State);
        (await described.Memo["kept"].ToValueAsync<string>()).ShouldBe("memo");
        described.Info.NextActionTimes.First().ShouldBeInRange(spec.StartAt!.Value, spec.StartAt.Value.AddDays(1));

        await Should.ThrowAsync<ScheduleAlreadyRunningException>(() => server.Client.CreateScheduleAsync(id, made));
        var listed = new List<string>();
        await foreach (var one in server.Client.ListSchedulesAsync())
        {
            listed.Add(one.Id);
        }

        listed.ShouldContain(id);
        await handle.DeleteAsync();
    }

    [Fact]
    public async Task Schedule_Backfilled_StartsWhatWouldHaveBeen() => await server.WithWorkerAsync(
        o => o.AddWorkflow<ReportWorkflow>(),
        async queue =>
        {
            var id = $"schedule-{Guid.NewGuid()}";
            var action = ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("late"), new($"{id}-report", queue));
            var handle = await server.Client.CreateScheduleAsync(id, new(action, new() { Intervals = [new(TimeSpan.FromDays(1))] }) { State = new() { Paused = true } });
            var start = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            await handle.BackfillAsync([new(start, start.AddDays(2), ScheduleOverlapPolicy.AllowAll)]);
            await Eventually.TrueAsync(async () => (await handle.DescribeAsync()).Info.NumActions == 3, "three actions");
            foreach (var day in (string[])["2020-01-01", "2020-01-02", "2020-01-03"])
            {
                (await server.Client.GetWorkflowHandle($"{id}-report-{day}T00:00:00Z").GetResultAsync<string>()).ShouldBe("late report");
            }

            await handle.DeleteAsync();
        });

    [Fact]
    public async Task Schedule_LeftAlone_StartsAtItsTimes()
    {
        await using var environment = await EmbeddedEnvironment.StartSkippingTimeAsync();
        using var worker = new TemporalWorker(environment.Client, LiveServer.Worker("daily").AddWorkflow<ReportWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var action = ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("daily"), new("report", "daily"));
            var handle = await environment.Client.CreateScheduleAsync("daily", new(action, new() { CronExpressions = ["30 6 * * *"] }));
            await environment.DelayAsync(TimeSpan.FromDays(3)).WaitAsync(TimeSpan.FromSeconds(60));
            var info = (await handle.DescribeAsync()).Info;
            info.NumActions.ShouldBe(3);
            info.RecentActions.Select(a => a.ScheduledAt.TimeOfDay).ShouldAllBe(t => t == new TimeSpan(6, 30, 0));
        });
    }

    [Workflow]
    public sealed class ReportWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync(string what) => Task.FromResult($"{what} report");
    }
}
