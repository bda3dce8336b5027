using Temporalio.Client.Schedules;
using Temporalio.Workflows;
using RpcException = Temporalio.Exceptions.RpcException;

namespace TemporalServer.Tests.Live;

/// <summary>Our client's schedules on the embedded server, with a worker that does what they start.</summary>
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

    [Workflow]
    public sealed class ReportWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync(string what) => Task.FromResult($"{what} report");
    }
}
