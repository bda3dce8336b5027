using Dapper;
using Microsoft.Data.Sqlite;
using Temporalio.Api.Schedule.V1;
using Temporalio.Api.Workflow.V1;

namespace TemporalServer.Tests;

/// <summary>Files that were really damaged: the server refuses to start, or names what it cannot read.</summary>
public sealed class DamagedDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-tests-").FullName;

    private string File => Path.Combine(_folder, "t.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Open_NotADatabase_IsRefused()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000));
        await ShouldRefuse("backup");
    }

    [Fact]
    public async Task Open_FileCutInHalf_IsRefused()
    {
        await Fill();
        await using (var stream = System.IO.File.OpenWrite(File))
        {
            stream.SetLength(stream.Length / 2);
        }

        await ShouldRefuse("malformed");
    }

    [Fact]
    public async Task Open_FileCutToNothing_IsRefused()
    {
        await Fill();
        await System.IO.File.WriteAllBytesAsync(File, []);
        await ShouldRefuse("empty");
    }

    [Fact]
    public async Task Open_FileTakenAway_BeginsAnew()
    {
        await Fill();
        System.IO.File.Delete(File);
        await using var server = await ServerHarness.StartAsync(File);
        await server.Start("w0");
    }

    [Fact]
    public async Task Open_PagesWrittenOver_IsRefused()
    {
        await Fill();
        await using (var stream = System.IO.File.OpenWrite(File))
        {
            var noise = new byte[4096];
            new Random(1).NextBytes(noise);
            for (var page = 1; page < stream.Length / 4096; page += 2)
            {
                stream.Position = page * 4096L;
                await stream.WriteAsync(noise);
            }
        }

        await ShouldRefuse("backup");
    }

    [Fact]
    public async Task Open_OfAnotherProgramOrALaterFormat_IsRefused()
    {
        Execute("CREATE TABLE other (x)");
        await ShouldRefuse("another program");
        System.IO.File.Delete(File);
        await Fill();
        Execute("PRAGMA user_version = 99");
        await ShouldRefuse("format 99");
    }

    [Fact]
    public async Task Open_OpenRunThatDoesNotReadBack_NamesIt()
    {
        await Fill();
        Execute("UPDATE runs SET state = x'ff' WHERE workflow_id = 'w7'");
        await ShouldRefuse("'w7'");
    }

    [Fact]
    public async Task Read_ClosedRunThatDoesNotReadBack_NamesItAndLeavesTheOthers()
    {
        await Fill();
        Execute("UPDATE runs SET state = x'ff' WHERE workflow_id = 'closed'");
        await using var server = await ServerHarness.StartAsync(File);
        var error = await Should.ThrowAsync<RpcException>(() => server.Describe("closed"));
        error.StatusCode.ShouldBe(StatusCode.DataLoss);
        error.Status.Detail.ShouldContain("'closed'");
        (await server.Status("w7")).ShouldBe(WorkflowExecutionStatus.Running);
    }

    [Fact]
    public async Task Read_EventThatDoesNotReadBack_NamesIt()
    {
        await Fill();
        Execute("UPDATE events SET data = x'ff' WHERE event_id = 3 AND run_id = (SELECT run_id FROM runs WHERE workflow_id = 'closed')");
        await using var server = await ServerHarness.StartAsync(File);
        var error = await Should.ThrowAsync<RpcException>(() => server.History("closed"));
        error.StatusCode.ShouldBe(StatusCode.DataLoss);
        error.Status.Detail.ShouldContain("event 3");
    }

    [Fact]
    public async Task Open_TornWriteAheadLog_HoldsACommittedPrefix()
    {
        var copy = Path.Combine(_folder, "copy.db");
        await using (var server = await ServerHarness.StartAsync(File))
        {
            for (var i = 0; i < 10; i++)
            {
                await server.Start("w" + i);
            }

            foreach (var suffix in (string[])["", "-wal"])
            {
                await using var source = new FileStream(File + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                await using var target = System.IO.File.Create(copy + suffix);
                await source.CopyToAsync(target);
            }
        }

        await using (var log = System.IO.File.OpenWrite(copy + "-wal"))
        {
            // The power went while the last commit was written.
            log.SetLength(log.Length - 1000);
        }

        await using var recovered = await ServerHarness.StartAsync(copy);
        for (var i = 0; i < 9; i++)
        {
            (await recovered.Status("w" + i)).ShouldBe(WorkflowExecutionStatus.Running);
        }

        (await Should.ThrowAsync<RpcException>(() => recovered.Status("w9"))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Open_OfTheFirstFormat_KeepsWhatIsThereAndGoesOn()
    {
        await Fill();
        Execute("DROP TABLE schedules; DROP INDEX runs_closed; PRAGMA user_version = 1");
        await using (var server = await ServerHarness.StartAsync(File))
        {
            (await server.Status("w7")).ShouldBe(WorkflowExecutionStatus.Running);
            (await server.History("closed")).Count.ShouldBe(5);
            await server.Call(WorkflowServiceMethods.CreateSchedule, new CreateScheduleRequest
            {
                Namespace = "default",
                ScheduleId = "s",
                RequestId = "r",
                Schedule = new Schedule
                {
                    Action = new ScheduleAction
                    {
                        StartWorkflow = new NewWorkflowExecutionInfo { WorkflowId = "w", WorkflowType = new WorkflowType { Name = "T" }, TaskQueue = new TaskQueue { Name = "q" } },
                    },
                },
            });
        }

        await using var again = await ServerHarness.StartAsync(File);
        (await again.Call(WorkflowServiceMethods.ListSchedules, new ListSchedulesRequest { Namespace = "default" })).Schedules.Single().ScheduleId.ShouldBe("s");
    }

    /// <summary>A database of several pages, at rest, with open runs and a closed one.</summary>
    private async Task Fill()
    {
        await using var server = await ServerHarness.StartAsync(File);
        await server.Start("closed");
        await server.Complete(await server.Task(), Do.Complete());
        for (var i = 0; i < 30; i++)
        {
            await server.Start("w" + i, r => r.Input = ServerHarness.Text(new string('x', 2000)));
        }
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ToString());
        connection.Open();
        connection.Execute(sql);
    }

    private async Task ShouldRefuse(string says)
    {
        var error = await Should.ThrowAsync<TemporalServerException>(() => ServerHarness.StartAsync(File));
        error.Message.ShouldContain(File);
        error.Message.ShouldContain(says);
        error.Message.ShouldNotContain("\n");
    }
}
