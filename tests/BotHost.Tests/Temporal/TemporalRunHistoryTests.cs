using CodingAgent.BotHost.Temporal;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Tasks;
using Temporalio.Client;
using Temporalio.Worker;

namespace CodingAgent.BotHost.Tests.Temporal;

public sealed class TemporalRunHistoryTests
{
    [Fact]
    public async Task Steps_OfARunAndOfThoseItContinues_AreReadInTheirOrder()
    {
        var task = TaskId.Parse("task/github:octo/hello/issue/12");
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(new TemporalClientConnectOptions());
        using var worker = new TemporalWorker(
            environment.Client, new TemporalWorkerOptions("history").AddAllActivities(new TracedActivities()).AddWorkflow<TracedWorkflow>().AddWorkflow<TracedChildWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var handle = await environment.Client.StartWorkflowAsync((TracedWorkflow w) => w.RunAsync(1), new WorkflowOptions($"{task}", "history"));
            await handle.SignalAsync(w => w.TellAsync());
            await handle.GetResultAsync();
            var latest = (await environment.Client.GetWorkflowHandle($"{task}").DescribeAsync()).RunId;
            latest.ShouldNotBe(handle.FirstExecutionRunId);

            var steps = await new TemporalRunHistory(environment.Client).ReadAsync(task, latest, default);
            steps.Select(s => (s.Name, s.Attempts, s.Failed)).ShouldBe([("Work", 1, false), ("Work", 1, false)]);
            steps.ShouldAllBe(s => s.Ended >= s.Began);
        });
    }

    [Fact]
    public async Task Steps_OfATaskThatIsNotKept_AreNone()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(new TemporalClientConnectOptions());
        (await new TemporalRunHistory(environment.Client).ReadAsync(TaskId.Parse("task/github:octo/hello/issue/13"), $"{Guid.NewGuid()}", default)).ShouldBeEmpty();
    }
}
