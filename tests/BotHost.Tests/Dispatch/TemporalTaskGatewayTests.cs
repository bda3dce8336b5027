using CodingAgent.BotHost.Dispatch;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Ports;
using Temporalio.Client;

namespace CodingAgent.BotHost.Tests.Dispatch;

public sealed class TemporalTaskGatewayTests
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");
    private static readonly TaskId Id = TaskId.ForIssue(Repo, 12);

    [Fact]
    public async Task Start_TwiceAndAfterTheEnd_IsOneRunThenAnother()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var gateway = new TemporalTaskGateway(environment.Client, Settings, TaskQueues.CodingAgent);
        (await gateway.SignalAsync(Id, Comment("d0"), default)).ShouldBeFalse();

        await gateway.StartAsync(Input("d1"), Command("d1"), default);
        await gateway.StartAsync(Input("d2"), Command("d2"), default);
        (await gateway.SignalAsync(Id, Comment("d3"), default)).ShouldBeTrue();
        var handle = environment.Client.GetWorkflowHandle(Id.ToString());
        var first = await handle.FetchHistoryAsync();
        var json = first.ToJson();
        json.Split("EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED").Length.ShouldBe(4);
        first.Events.First().WorkflowExecutionStartedEventAttributes.Input.Payloads_[0].Data.ToStringUtf8().ShouldContain("\"HeartbeatTimeout\":\"00:00:07\"");

        await handle.TerminateAsync();
        (await gateway.SignalAsync(Id, Comment("d4"), default)).ShouldBeFalse();
        await gateway.StartAsync(Input("d5"), Command("d5"), default);
        (await gateway.SignalAsync(Id, Comment("d6"), default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Call_NobodyListens_IsUnavailable()
    {
        var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var address = environment.Client.Connection.Options.TargetHost!;
        await environment.DisposeAsync();
        var gateway = new TemporalTaskGateway(TemporalClient.CreateLazy(new TemporalClientConnectOptions(address)), Settings, TaskQueues.CodingAgent);
        await Should.ThrowAsync<TaskGatewayUnavailableException>(() => gateway.SignalAsync(Id, Comment("d1"), default));
        await Should.ThrowAsync<TaskGatewayUnavailableException>(() => gateway.StartAsync(Input("d1"), Command("d1"), default));
    }

    private static FlowSettings Settings { get; } = new() { PlannerModel = "m", CoderModel = "m", HeartbeatTimeout = TimeSpan.FromSeconds(7) };

    private static CodingTaskInput Input(string delivery) =>
        new(Id, Repo, TaskKind.Implement, 12, null, new Actor("mona", 1, ActorKind.User), delivery, DateTimeOffset.UnixEpoch);

    private static CodingTaskSignal.CommandGiven Command(string delivery) => new(delivery, "mona", DateTimeOffset.UnixEpoch, new AgentCommand.Implement(), null);

    private static CodingTaskSignal.CommentWritten Comment(string delivery) => new(delivery, "mona", DateTimeOffset.UnixEpoch, 1, "words");
}
