using System.IO.Compression;
using Google.Protobuf;
using Temporalio.Api.Update.V1;
using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

/// <summary>
/// A database that was written by the server when its messages were still generated from protocol files of our own. Everything that is stored
/// is in it at least once; it is opened, and what runs in it goes on. The file is never written anew: it stands for those out there.
/// </summary>
public sealed class EarlierDatabaseTests : IDisposable
{
    private const string Update = "u";
    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-tests-").FullName;
    private readonly ManualClock _clock = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Runs_OfAnEarlierDatabase_AreWhatTheyWere()
    {
        await using var server = await OpenAsync();
        var described = await server.Describe("activities");
        ServerHarness.Read(new Payloads { Payloads_ = { described.WorkflowExecutionInfo.Memo.Fields["note"] } }).ShouldBe("memo");
        described.WorkflowExecutionInfo.SearchAttributes.IndexedFields.ShouldContainKey("Kind");
        ServerHarness.Read(new Payloads { Payloads_ = { described.ExecutionConfig.UserMetadata.Summary } }).ShouldBe("summary");
        described.ExecutionConfig.WorkflowRunTimeout.ToTimeSpan().ShouldBe(TimeSpan.FromDays(1));
        var activities = described.PendingActivities.ToDictionary(a => a.ActivityId);
        (activities["retrying"].Attempt, activities["retrying"].LastFailure.Message, activities["retrying"].State)
            .ShouldBe((2, "failed 1", PendingActivityState.Scheduled));
        ServerHarness.Read(activities["running"].HeartbeatDetails).ShouldBe("halfway");
        activities["running"].State.ShouldBe(PendingActivityState.CancelRequested);

        (await server.Status("closed")).ShouldBe(WorkflowExecutionStatus.Completed);
        ServerHarness.Read((await server.History("closed"))[^1].WorkflowExecutionCompletedEventAttributes.Result).ShouldBe("result");
        (await server.Describe("parent")).PendingChildren.Single().WorkflowId.ShouldBe("child");
        var started = (await server.History("cron"))[0].WorkflowExecutionStartedEventAttributes;
        (started.CronSchedule, ServerHarness.Read(started.LastCompletionResult), started.Initiator).ShouldBe(("* * * * *", "result", ContinueAsNewInitiator.CronSchedule));
        var schedule = await server.Call(WorkflowServiceMethods.DescribeSchedule, new DescribeScheduleRequest { Namespace = "default", ScheduleId = "s" });
        (schedule.Info.ActionCount, schedule.Info.BufferSize, schedule.Schedule.Policies.OverlapPolicy).ShouldBe((1, 2, ScheduleOverlapPolicy.BufferAll));
        var reset = await server.History("reset");
        (await server.Describe("reset", reset[0].WorkflowExecutionStartedEventAttributes.FirstExecutionRunId)).WorkflowExtendedInfo.ResetRunId
            .ShouldBe((await server.Describe("reset")).WorkflowExecutionInfo.Execution.RunId);
        (await server.Call(WorkflowServiceMethods.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default", Query = "Kind = 'old'" })).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Tasks_OfAnEarlierDatabase_AreFinishedWithTheTokensOfThen()
    {
        await using var server = await OpenAsync();
        var tokens = (await server.History("notes")).Where(e => e.EventType == WorkflowExecutionSignaled).Select(e => e.WorkflowExecutionSignaledEventAttributes)
            .ToDictionary(e => e.SignalName, e => ByteString.FromBase64(ServerHarness.Read(e.Input)));

        await server.CompleteActivity(new() { TaskToken = tokens["running"] });
        await server.Complete(new PollWorkflowTaskQueueResponse { TaskToken = tokens["busy"] }, Do.Marker("m"));
        (await server.EventTypes("busy")).TakeLast(4).ShouldBe([WorkflowTaskCompleted, MarkerRecorded, WorkflowExecutionSignaled, WorkflowTaskScheduled]);
        (await server.EventTypes("activities")).ShouldContain(ActivityTaskCompleted);
    }

    [Fact]
    public async Task Runs_OfAnEarlierDatabase_GoOn()
    {
        await using var server = await OpenAsync();
        _clock.Advance(TimeSpan.FromHours(1));
        (await server.EventTypes("parent")).ShouldContain(TimerFired);
        (await server.PollActivity()).ActivityId.ShouldBe("retrying");

        // What waits for nothing but time or people is woken.
        foreach (var id in (string[])["reset", "updated", "w-2026-01-01T00:10:00Z"])
        {
            await server.Signal("go", id);
        }

        await server.Complete(await server.Task("children"), Do.Complete());
        var done = new HashSet<string>();
        while (!done.IsSupersetOf(["parent", "busy", "cron", "reset", "updated", "w-2026-01-01T00:10:00Z", "w-2026-01-01T00:20:00Z"]))
        {
            var task = await server.Task();
            done.Add(task.WorkflowExecution.WorkflowId);
            if (task.WorkflowExecution.WorkflowId == "updated")
            {
                await server.Complete(
                    task,
                    r => r.Messages.Add(Do.Body("done", Update, new Response { Meta = new Meta { UpdateId = Update }, Outcome = new Outcome { Success = ServerHarness.Text("7") } })),
                    Do.Message("done"),
                    Do.Complete());
            }
            else
            {
                await server.Complete(task, Do.Complete());
            }
        }

        (await server.EventTypes("parent")).ShouldContain(ChildWorkflowExecutionCompleted);
        (await server.Status("parent")).ShouldBe(WorkflowExecutionStatus.Completed);
        var update = await server.Call(WorkflowServiceMethods.PollWorkflowExecutionUpdate, new PollWorkflowExecutionUpdateRequest
        {
            Namespace = "default",
            UpdateRef = new UpdateRef { WorkflowExecution = new WorkflowExecution { WorkflowId = "updated" }, UpdateId = Update },
            WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Completed },
        });
        ServerHarness.Read(update.Outcome.Success).ShouldBe("7");
    }

    private async Task<ServerHarness> OpenAsync()
    {
        var path = Path.Combine(_folder, "earlier.db");
        await using (var packed = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "earlier.db.gz")), CompressionMode.Decompress))
        await using (var file = File.Create(path))
        {
            await packed.CopyToAsync(file);
        }

        _clock.Advance(TimeSpan.FromMinutes(31));
        return await ServerHarness.StartAsync(path, _clock);
    }
}
