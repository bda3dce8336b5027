using System.IO.Compression;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows.CodingTask;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Time.Testing;
using Temporalio.Worker;

namespace CodingAgent.Workflows.Tests.Flows.CodingTask;

/// <summary>
/// A task that an earlier build left waiting for approval, on its own messages and its own SDK, goes on to its merge. The database was written by
/// server, worker and workflow of commit b6812a2, killed while the task waited, at 2026-11-29 11:20:40 UTC; its log was then folded in. Where
/// the workflow changes so that running tasks are given up, this goes with the histories.
/// </summary>
public sealed class EarlierTaskTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("earlier-task-");
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 29, 11, 20, 41, TimeSpan.Zero));
    private int _deliveries = 1;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Task_LeftAwaitingApproval_GoesOnToItsMerge()
    {
        // What the forge and the stores held then: they were in memory, and a task that goes the same way fills them with the same.
        await using var twin = await TaskHarness.StartAsync();
        await twin.LabelAsync();
        await twin.UntilAsync(TaskState.AwaitingApproval);
        var (forge, stores) = (twin.Forge, twin.Stores);

        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(server: new() { DatabasePath = await UnpackAsync(), TimeProvider = _clock });
        var options = new TemporalWorkerOptions(TaskQueues.CodingAgent) { DebugMode = true }
            .AddWorkflow<CodingTaskWorkflow>()
            .AddAllActivities(new ForgeActivities(forge, stores, stores, stores, forge, new FlowSettings { PlannerModel = "m", CoderModel = "m" }, TimeProvider.System))
            .AddAllActivities(twin.Work);
        using var worker = new TemporalWorker(environment.Client, options);
        await worker.ExecuteAsync(async () =>
        {
            var task = environment.Client.GetWorkflowHandle<CodingTaskWorkflow>(twin.Id.ToString());
            (await task.QueryAsync(w => w.Summary)).State.ShouldBe(TaskState.AwaitingApproval);
            Task NotifyAsync(CodingTaskSignal signal) => task.SignalAsync(w => w.NotifyAsync(signal));
            async Task UntilAsync(TaskState state)
            {
                for (var i = 0; i < 100; i++)
                {
                    if (await stores.WaitAsync(twin.Id, t => t.State == state, TimeSpan.FromMilliseconds(500)) is not null)
                        return;
                    _clock.Advance(TimeSpan.FromSeconds(11));
                }

                Assert.Fail($"The task did not come to '{state}'. It went {string.Join(" > ", stores.States)}");
            }

            await NotifyAsync(new CodingTaskSignal.CommandGiven(Delivery(), "ann", _clock.GetUtcNow().AddMinutes(1), new AgentCommand.Approve(null), 1));
            await UntilAsync(TaskState.AwaitingCi);
            forge.SetCi(twin.Head, ("build", CiState.Passed));
            await NotifyAsync(new CodingTaskSignal.CiChanged(Delivery(), "ci", _clock.GetUtcNow(), twin.Head));
            await UntilAsync(TaskState.AwaitingReview);
            forge.SetPull(twin.Pull, p => p with { IsOpen = false, IsMerged = true });
            await NotifyAsync(new CodingTaskSignal.PullChanged(Delivery(), "ann", _clock.GetUtcNow(), PullChange.Merged, twin.Head));
            await UntilAsync(TaskState.Merged);
            (await task.GetResultAsync<TaskSummary>()).State.ShouldBe(TaskState.Merged);
            (await Histories.ReplayAsync<CodingTaskWorkflow>(await task.FetchHistoryAsync())).ReplayFailure.ShouldBeNull();
        });

        twin.Work.Steps.Count(s => s.Run.Role == AgentRole.Planner).ShouldBe(1, "the plan of then is worked to");
        forge.Labels(7).ShouldBe(["agent:done"]);
    }

    private string Delivery() => $"delivery-{++_deliveries}";

    private async Task<string> UnpackAsync()
    {
        var path = Path.Combine(_folder.FullName, "temporal.db");
        await using var packed = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "task-before-official-messages.db.gz")), CompressionMode.Decompress);
        await using var file = File.Create(path);
        await packed.CopyToAsync(file);
        return path;
    }
}
