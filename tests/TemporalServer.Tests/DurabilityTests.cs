using Microsoft.Data.Sqlite;
using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class DurabilityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-tests-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "t.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Copy_OfTheFilesWhileRunning_HoldsEverythingAcknowledged()
    {
        // What a crash leaves is what is in the files at that moment; so the files are taken from under a running server.
        var clock = new ManualClock();
        await using var server = await ServerHarness.StartAsync(Path, clock);
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("t", 60), Do.Activity("retrying"), Do.Activity("running", a => a.HeartbeatTimeout = Do.Seconds(300)));
        var activities = new[] { await server.PollActivity(), await server.PollActivity() }.ToDictionary(a => a.ActivityId);
        await server.FailActivity(activities["retrying"]);
        await server.Heartbeat(activities["running"], "halfway");
        await server.Signal("s");
        var before = await server.History();

        var copy = System.IO.Path.Combine(_folder, "copy.db");
        foreach (var suffix in (string[])["", "-wal"])
        {
            await using var source = new FileStream(Path + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using var target = File.Create(copy + suffix);
            await source.CopyToAsync(target);
        }

        await using var recovered = await ServerHarness.StartAsync(copy, clock);
        (await recovered.History()).ShouldBe(before);
        var pending = (await recovered.Describe()).PendingActivities.ToDictionary(a => a.ActivityId);
        ServerHarness.Read(pending["running"].HeartbeatDetails).ShouldBe("halfway");
        pending["retrying"].Attempt.ShouldBe(2);

        // The token of before still completes, the retry comes, the timer fires, the task is on offer.
        await recovered.CompleteActivity(activities["running"]);
        clock.Advance(TimeSpan.FromSeconds(60));
        var retry = await recovered.PollActivity();
        retry.Attempt.ShouldBe(2);
        await recovered.CompleteActivity(retry);
        var task = await recovered.Task();
        task.History.Events.Count(e => e.EventType == TimerFired).ShouldBe(1);
        task.History.Events.Count(e => e.EventType == ActivityTaskCompleted).ShouldBe(2);
        await recovered.Complete(task, Do.Complete());
        (await recovered.Status()).ShouldBe(WorkflowExecutionStatus.Completed);
    }

    [Fact]
    public async Task Restart_WithATaskStarted_KeepsItsTokenAndItsBuffer()
    {
        var clock = new ManualClock();
        PollWorkflowTaskQueueResponse task;
        await using (var server = await ServerHarness.StartAsync(Path, clock))
        {
            await server.Start();
            task = await server.Task();
            await server.Signal("buffered");
        }

        await using var again = await ServerHarness.StartAsync(Path, clock);
        await again.Complete(task, Do.Marker("m"));
        (await again.EventTypes()).TakeLast(4).ShouldBe([WorkflowTaskCompleted, MarkerRecorded, WorkflowExecutionSignaled, WorkflowTaskScheduled]);
    }

    [Fact]
    public async Task Restart_AfterTimersWereDue_FiresThemAtOnce()
    {
        var clock = new ManualClock();
        await using (var server = await ServerHarness.StartAsync(Path, clock))
        {
            await server.Start();
            await server.Complete(await server.Task(), Do.Timer("t", 60));
        }

        clock.Advance(TimeSpan.FromHours(1));
        await using var again = await ServerHarness.StartAsync(Path, clock);
        clock.Advance(TimeSpan.Zero);
        (await again.EventTypes()).ShouldContain(TimerFired);
    }

    [Theory]
    [InlineData(49)]
    [InlineData(24 * 400)]
    public async Task Suspended_TimerDueMeanwhile_FiresWithinAMinute(int hours)
    {
        var clock = new ManualClock();
        await using var server = await ServerHarness.StartAsync(Path, clock);
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("reminder", TimeSpan.FromHours(hours - 1).TotalSeconds), Do.Timer("later", TimeSpan.FromHours(hours + 1).TotalSeconds));

        clock.Jump(TimeSpan.FromHours(hours));
        clock.Advance(TimeSpan.FromMinutes(1));

        (await server.EventTypes()).Count(e => e == TimerFired).ShouldBe(1);
    }

    [Fact]
    public async Task CommitFails_SaysSoAndTheNextServerGoesOn()
    {
        var clock = new ManualClock();
        var isFull = false;
        await using (var server = await ServerHarness.StartAsync(Path, clock, o => o with { BeforeCommit = () => isFull ? throw new IOException("No space left on device") : Task.CompletedTask }))
        {
            await server.Start("kept");
            server.Server.Failed.IsCompleted.ShouldBeFalse();
            isFull = true;
            await Should.ThrowAsync<RpcException>(() => server.Start("lost"));
            (await server.Server.Failed).Message.ShouldBe("No space left on device");
            await Should.ThrowAsync<RpcException>(() => server.Describe("kept"));
        }

        await using var again = await ServerHarness.StartAsync(Path, clock);
        (await again.Status("kept")).ShouldBe(WorkflowExecutionStatus.Running);
        await again.Start("lost");
    }

    [Fact]
    public async Task Restart_KeepsIdsPoliciesAndClosedHistories()
    {
        var clock = new ManualClock();
        string run;
        await using (var server = await ServerHarness.StartAsync(Path, clock))
        {
            run = await server.Start(with: r => r.RequestId = "one");
            await server.Complete(await server.Task(), Do.Complete());
        }

        await using var again = await ServerHarness.StartAsync(Path, clock);
        (await again.Start(with: r => r.RequestId = "one")).ShouldBe(run);
        (await Should.ThrowAsync<RpcException>(() => again.Start(with: r => r.WorkflowIdReusePolicy = WorkflowIdReusePolicy.RejectDuplicate)))
            .StatusCode.ShouldBe(StatusCode.AlreadyExists);
        (await again.History()).Count.ShouldBe(5);
        (await again.Start()).ShouldNotBe(run);
    }

    [Fact]
    public async Task Delete_RemovesTheExecution()
    {
        await using var server = await ServerHarness.StartAsync(Path);
        await server.Start();
        await server.Call(WorkflowServiceMethods.DeleteWorkflowExecution, new DeleteWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
        });
        (await Should.ThrowAsync<RpcException>(() => server.Describe())).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Open_WhileInUse_IsRefused()
    {
        await using var server = await ServerHarness.StartAsync(Path);
        (await Should.ThrowAsync<TemporalServerException>(() => ServerHarness.StartAsync(Path))).Message.ShouldContain("in use");
    }

    [Fact]
    public async Task Many_StartedAtOnce_ShareACommit()
    {
        await using var server = await ServerHarness.StartAsync(Path);
        var before = server.Server.Commits;
        var starts = new List<Task>();
        using (var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false }.ToString()))
        {
            // As long as somebody else holds the write lock, the first commit waits, and all the other starts gather behind it.
            await other.OpenAsync();
            using var held = other.BeginTransaction();
            starts.AddRange(Enumerable.Range(0, 200).Select(i => server.Server.Engine.StartAsync(new StartWorkflowExecutionRequest
            {
                Namespace = "default",
                WorkflowId = "w" + i,
                WorkflowType = new WorkflowType { Name = "Flow" },
                TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            })));
            starts.ShouldAllBe(s => !s.IsCompleted);
        }

        await Task.WhenAll(starts);
        (server.Server.Commits - before).ShouldBeInRange(1, 2);
        (await server.Call(WorkflowServiceMethods.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default" })).Count.ShouldBe(200);
    }
}
