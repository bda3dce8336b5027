using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Service;
using Temporalio.Tests.Converters;
using Temporalio.Workflows;
using Wire = Temporalio.Protocol.Schedules;

namespace Temporalio.Tests.Client;

/// <summary>What goes over the wire for schedules, both ways, told by a server that keeps what it is given.</summary>
public sealed class ScheduleTests : IAsyncLifetime
{
    private static readonly SearchAttributeKey<string> Team = SearchAttributeKey.CreateKeyword("Team");
    private static readonly DateTime Begin = new(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ScheduleServer _server = new();
    private WebApplication? _app;

    public async Task InitializeAsync() => _app = await StubServer.StartAsync(_server.Map);

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_EveryFieldSet_IsOnTheWireAndComesBack(bool withCodec)
    {
        var client = await ConnectAsync(withCodec ? new ReversingCodec() : null);
        var handle = await client.CreateScheduleAsync("nightly", Full(), new()
        {
            TriggerImmediately = true,
            Backfills = [new(Begin, Begin.AddDays(2), ScheduleOverlapPolicy.AllowAll)],
            Memo = new Dictionary<string, object> { ["owner"] = "ops" },
            TypedSearchAttributes = new SearchAttributeCollection.Builder().Set(Team, "blue").ToSearchAttributeCollection(),
        });
        handle.Id.ShouldBe("nightly");

        var request = _server.Single<CreateScheduleRequest>();
        request.Namespace.ShouldBe("default");
        request.ScheduleId.ShouldBe("nightly");
        request.Identity.ShouldBe(client.Connection.Options.Identity);
        request.RequestId.ShouldNotBeEmpty();
        request.InitialPatch.ShouldBe(new Wire.SchedulePatch
        {
            TriggerImmediately = new() { OverlapPolicy = Temporalio.Protocol.Enums.ScheduleOverlapPolicy.BufferOne },
            BackfillRequest =
            {
                new Wire.BackfillRequest
                {
                    StartTime = Timestamp.FromDateTime(Begin),
                    EndTime = Timestamp.FromDateTime(Begin.AddDays(2)),
                    OverlapPolicy = Temporalio.Protocol.Enums.ScheduleOverlapPolicy.AllowAll,
                },
            },
        });
        request.Schedule.Spec.ShouldBe(new Wire.ScheduleSpec
        {
            StructuredCalendar =
            {
                new Wire.StructuredCalendarSpec
                {
                    Second = { new Wire.Range { Step = 1 } },
                    Minute = { new Wire.Range { Start = 30, End = 30, Step = 1 } },
                    Hour = { new Wire.Range { Start = 8, End = 18, Step = 2 } },
                    DayOfMonth = { new Wire.Range { Start = 1, End = 31, Step = 1 } },
                    Month = { new Wire.Range { Start = 1, End = 12, Step = 1 } },
                    Year = { new Wire.Range { Start = 2027, End = 2030, Step = 1 } },
                    DayOfWeek = { new Wire.Range { Start = 1, End = 5, Step = 1 } },
                    Comment = "office hours",
                },
            },
            Interval = { new Wire.IntervalSpec { Interval = Duration.FromTimeSpan(TimeSpan.FromDays(1)), Phase = Duration.FromTimeSpan(TimeSpan.FromHours(2)) } },
            CronString = { "0 12 * * MON" },
            ExcludeStructuredCalendar =
            {
                new Wire.StructuredCalendarSpec
                {
                    Second = { new Wire.Range { Step = 1 } },
                    Minute = { new Wire.Range { Step = 1 } },
                    Hour = { new Wire.Range { Step = 1 } },
                    DayOfMonth = { new Wire.Range { Start = 24, End = 24, Step = 1 } },
                    Month = { new Wire.Range { Start = 12, End = 12, Step = 1 } },
                    DayOfWeek = { new Wire.Range { End = 6, Step = 1 } },
                },
            },
            StartTime = Timestamp.FromDateTime(Begin),
            EndTime = Timestamp.FromDateTime(Begin.AddYears(1)),
            Jitter = Duration.FromTimeSpan(TimeSpan.FromMinutes(3)),
            TimezoneName = "Europe/Vienna",
        });
        request.Schedule.Policies.ShouldBe(new Wire.SchedulePolicies
        {
            OverlapPolicy = Temporalio.Protocol.Enums.ScheduleOverlapPolicy.BufferOne,
            CatchupWindow = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
            PauseOnFailure = true,
        });
        request.Schedule.State.ShouldBe(new Wire.ScheduleState { Notes = "begins paused", Paused = true, LimitedActions = true, RemainingActions = 7 });
        var start = request.Schedule.Action.StartWorkflow;
        start.WorkflowType.Name.ShouldBe("ReportWorkflow");
        start.WorkflowRunTimeout.ShouldBe(Duration.FromTimeSpan(TimeSpan.FromHours(1)));
        start.Input.Payloads_[0].Data.ToStringUtf8().ShouldBe(withCodec ? "\"emos\"" : "\"some\"");

        var description = await handle.DescribeAsync();
        description.Id.ShouldBe("nightly");
        (await description.Memo["owner"].ToValueAsync<string>()).ShouldBe("ops");
        description.TypedSearchAttributes.Get(Team).ShouldBe("blue");
        JsonSerializer.Serialize(description.Schedule.Spec).ShouldBe(JsonSerializer.Serialize(Full().Spec));
        description.Schedule.Policy.ShouldBe(Full().Policy);
        description.Schedule.State.ShouldBe(Full().State);
        var action = description.Schedule.Action.ShouldBeOfType<ScheduleActionStartWorkflow>();
        (await ((IEncodedRawValue)action.Args.Single()!).ToValueAsync<string>()).ShouldBe("some");
        action.Options.StaticSummary.ShouldBe("nightly report");
        action.Options.TypedSearchAttributes!.Get(Team).ShouldBe("red");
        (await ((IEncodedRawValue)action.Options.Memo!["size"]).ToValueAsync<int>()).ShouldBe(3);
        action.Options.RetryPolicy!.MaximumAttempts.ShouldBe(4);
    }

    [Fact]
    public async Task Update_WithoutChange_SendsWhatTheServerHolds()
    {
        var handle = (await ConnectAsync()).GetScheduleHandle("any");
        Prop.ForAll(WireSchedules.Arbitrary, schedule =>
        {
            _server.Requests.Clear();
            _server.Stored = new() { Schedule = schedule, Info = new() };
            handle.UpdateAsync(input => new ScheduleUpdate(input.Description.Schedule)).GetAwaiter().GetResult();
            _server.Single<UpdateScheduleRequest>().Schedule.ShouldBe(schedule);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Update_OfSomePartsOnly_KeepsTheRest()
    {
        var client = await ConnectAsync();
        var handle = await client.CreateScheduleAsync("s", Full());
        await handle.UpdateAsync(_ => (ScheduleUpdate?)null);
        _server.Requests.OfType<UpdateScheduleRequest>().ShouldBeEmpty("nothing to change");
        await handle.UpdateAsync(input => Task.FromResult<ScheduleUpdate?>(new(
            input.Description.Schedule with { State = input.Description.Schedule.State with { Note = "changed" } },
            SearchAttributeCollection.Empty)));
        var request = _server.Single<UpdateScheduleRequest>();
        var expected = _server.Stored!.Schedule.Clone();
        expected.State.Notes = "changed";
        request.Schedule.ShouldBe(expected);
        request.SearchAttributes.ShouldNotBeNull("an empty collection removes all").IndexedFields.ShouldBeEmpty();
        request.ScheduleId.ShouldBe("s");
    }

    [Fact]
    public async Task PauseTriggerBackfillDelete_EachIsOneRequest()
    {
        var handle = (await ConnectAsync()).GetScheduleHandle("s");
        await handle.PauseAsync("a note");
        await handle.UnpauseAsync();
        await handle.TriggerAsync(new() { Overlap = ScheduleOverlapPolicy.TerminateOther });
        await handle.BackfillAsync([new(Begin, Begin.AddHours(1))]);
        _server.Requests.OfType<PatchScheduleRequest>().Select(r => r.Patch).ShouldBe(
        [
            new Wire.SchedulePatch { Pause = "a note" },
            new Wire.SchedulePatch { Unpause = "Unpaused via .NET SDK" },
            new Wire.SchedulePatch { TriggerImmediately = new() { OverlapPolicy = Temporalio.Protocol.Enums.ScheduleOverlapPolicy.TerminateOther } },
            new Wire.SchedulePatch
            {
                BackfillRequest = { new Wire.BackfillRequest { StartTime = Timestamp.FromDateTime(Begin), EndTime = Timestamp.FromDateTime(Begin.AddHours(1)) } },
            },
        ]);
        _server.Requests.OfType<PatchScheduleRequest>().Select(r => r.RequestId).Distinct().Count().ShouldBe(4);
        await handle.DeleteAsync();
        _server.Single<DeleteScheduleRequest>().ScheduleId.ShouldBe("s");
        await Should.ThrowAsync<ArgumentException>(() => handle.BackfillAsync([]));
    }

    [Fact]
    public async Task List_SeveralPages_GivesAllWithWhatTheyDo()
    {
        var done = new Wire.ScheduleActionResult
        {
            ScheduleTime = Timestamp.FromDateTime(Begin),
            ActualTime = Timestamp.FromDateTime(Begin.AddSeconds(1)),
            StartWorkflowResult = new() { WorkflowId = "w", RunId = "r" },
        };
        _server.Pages.Add(
        [
            new() { ScheduleId = "bare" },
            new()
            {
                ScheduleId = "one",
                Info = new()
                {
                    Spec = new() { CronString = { "@daily" } },
                    WorkflowType = new() { Name = "ReportWorkflow" },
                    Notes = "n",
                    Paused = true,
                    RecentActions = { done },
                    FutureActionTimes = { Timestamp.FromDateTime(Begin.AddDays(1)) },
                },
            },
        ]);
        _server.Pages.Add([new() { ScheduleId = "two" }]);
        var found = new List<ScheduleListDescription>();
        await foreach (var entry in (await ConnectAsync()).ListSchedulesAsync(new() { Query = "Team = 'blue'" }))
        {
            found.Add(entry);
        }

        found.Select(f => f.Id).ShouldBe(["bare", "one", "two"]);
        found[0].Schedule.ShouldBeNull();
        found[0].Info.ShouldBeNull();
        found[1].Schedule!.Action.ShouldBe(new ScheduleListActionStartWorkflow("ReportWorkflow"));
        found[1].Schedule!.State.ShouldBe(new ScheduleListState("n", true));
        found[1].Schedule!.Spec.CronExpressions.ShouldBe(["@daily"]);
        found[1].Info!.RecentActions.ShouldBe(
            [new ScheduleActionResult(Begin, Begin.AddSeconds(1), new ScheduleActionExecutionStartWorkflow("w", "r"))]);
        found[1].Info!.NextActionTimes.ShouldBe([Begin.AddDays(1)]);
        _server.Requests.OfType<ListSchedulesRequest>().Select(r => r.Query).ShouldBe(["Team = 'blue'", "Team = 'blue'"]);
    }

    [Fact]
    public async Task List_Cancelled_EndsTheCall()
    {
        _server.Pages.Add([new() { ScheduleId = "one" }]);
        _server.Pages.Add([new() { ScheduleId = "two" }]);
        using var cancel = new CancellationTokenSource();
        var client = await ConnectAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.ListSchedulesAsync().WithCancellation(cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task Describe_Info_TellsWhatWasAndWillBeDone()
    {
        _server.Stored = new()
        {
            Schedule = new() { Action = new() { StartWorkflow = new() { WorkflowType = new(), TaskQueue = new() } } },
            Info = new()
            {
                ActionCount = 5,
                MissedCatchupWindow = 2,
                OverlapSkipped = 3,
                RunningWorkflows = { new Temporalio.Protocol.Common.WorkflowExecution { WorkflowId = "w", RunId = "r" } },
                FutureActionTimes = { Timestamp.FromDateTime(Begin) },
                CreateTime = Timestamp.FromDateTime(Begin.AddDays(-9)),
                UpdateTime = Timestamp.FromDateTime(Begin.AddDays(-8)),
            },
        };
        var info = (await (await ConnectAsync()).GetScheduleHandle("s").DescribeAsync()).Info;
        (info.NumActions, info.NumActionsMissedCatchupWindow, info.NumActionsSkippedOverlap).ShouldBe((5, 2, 3));
        info.RunningActions.ShouldBe([new ScheduleActionExecutionStartWorkflow("w", "r")]);
        info.NextActionTimes.ShouldBe([Begin]);
        info.CreatedAt.ShouldBe(Begin.AddDays(-9));
        info.LastUpdatedAt.ShouldBe(Begin.AddDays(-8));
    }

    [Fact]
    public async Task ScheduleId_InUseOrUnknown_IsToldByType()
    {
        var client = await ConnectAsync();
        (await Should.ThrowAsync<RpcException>(() => client.GetScheduleHandle("s").DescribeAsync())).Code.ShouldBe(RpcException.StatusCode.NotFound);
        await client.CreateScheduleAsync("s", Full());
        await Should.ThrowAsync<ScheduleAlreadyRunningException>(() => client.CreateScheduleAsync("s", Full()));
    }

    public static TheoryData<string, Action<WorkflowOptions>> Unfit => new()
    {
        { "IdReusePolicy", o => o.IdReusePolicy = WorkflowIdReusePolicy.RejectDuplicate },
        { "IdConflictPolicy", o => o.IdConflictPolicy = WorkflowIdConflictPolicy.Fail },
        { "CronSchedule", o => o.CronSchedule = "@daily" },
        { "StartSignal", o => o.SignalWithStart("s", []) },
        { "Rpc", o => o.Rpc = new() },
        { "Id", o => o.Id = null },
        { "TaskQueue", o => o.TaskQueue = null },
        { "memo value", o => o.Memo = new Dictionary<string, object> { ["x"] = null! } },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task Create_OptionThatNoScheduleTakes_IsRefusedByName(string name, Action<WorkflowOptions> spoil)
    {
        var options = new WorkflowOptions("id", "queue");
        spoil(options);
        var schedule = new Schedule(ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("x"), options), new());
        var client = await ConnectAsync();
        (await Should.ThrowAsync<ArgumentException>(() => client.CreateScheduleAsync("s", schedule))).Message.ShouldContain(name);
        _server.Requests.ShouldBeEmpty();
    }

    private static Schedule Full() => new(
        ScheduleActionStartWorkflow.Create((ReportWorkflow wf) => wf.RunAsync("some"), new("report", "reports")
        {
            RunTimeout = TimeSpan.FromHours(1),
            RetryPolicy = new() { MaximumAttempts = 4 },
            Memo = new Dictionary<string, object> { ["size"] = 3 },
            TypedSearchAttributes = new SearchAttributeCollection.Builder().Set(Team, "red").ToSearchAttributeCollection(),
            StaticSummary = "nightly report",
        }),
        new()
        {
            Calendars =
            [
                new()
                {
                    Minute = [new(30)],
                    Hour = [new(8, 18, 2)],
                    Year = [new(2027, 2030)],
                    DayOfWeek = [new(1, 5)],
                    Comment = "office hours",
                },
            ],
            Intervals = [new(TimeSpan.FromDays(1), TimeSpan.FromHours(2))],
            CronExpressions = ["0 12 * * MON"],
            Skip = [new() { DayOfMonth = [new(24)], Month = [new(12)] }],
            StartAt = Begin,
            EndAt = Begin.AddYears(1),
            Jitter = TimeSpan.FromMinutes(3),
            TimeZoneName = "Europe/Vienna",
        })
    {
        Policy = new() { Overlap = ScheduleOverlapPolicy.BufferOne, CatchupWindow = TimeSpan.FromHours(1), PauseOnFailure = true },
        State = new() { Note = "begins paused", Paused = true, LimitedActions = true, RemainingActions = 7 },
    };

    private async Task<TemporalClient> ConnectAsync(IPayloadCodec? codec = null) => await TemporalClient.ConnectAsync(
        new(_app!.Target()) { DataConverter = DataConverter.Default with { PayloadCodec = codec } });

    [Workflow]
    public sealed class ReportWorkflow
    {
        [WorkflowRun]
        public Task RunAsync(string what) => Task.CompletedTask;
    }
}
