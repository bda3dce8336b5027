using CodingAgent.BotHost.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
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
        var gateway = new TemporalTaskGateway(environment.Client, Settings, TaskQueues.CodingAgent, Keys);
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
    public async Task Standing_OfATask_IsWhatTemporalKnows()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var gateway = new TemporalTaskGateway(environment.Client, Settings, TaskQueues.CodingAgent, Keys);
        (await gateway.FindStandingAsync(Id, default)).ShouldBe(TaskStanding.Unknown);
        await gateway.StartAsync(Input("d1"), Command("d1"), default);
        (await gateway.FindStandingAsync(Id, default)).ShouldBe(TaskStanding.Running);
        await environment.Client.GetWorkflowHandle(Id.ToString()).TerminateAsync();
        (await gateway.FindStandingAsync(Id, default)).ShouldBe(TaskStanding.Cut);
    }

    [Fact]
    public async Task StartAndApproval_AsTheyPass_AreSignedAsTheControlRolesWord()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var gateway = new TemporalTaskGateway(environment.Client, Settings, TaskQueues.CodingAgent, Keys);
        var statement = new Statement(StatementKind.Comment, 12, 99);
        await gateway.StartAsync(Input("d1") with { BaseBranch = "next", Statement = statement }, Command("d1"), default);
        await gateway.SignalAsync(Id, Command("d2") with { Command = new AgentCommand.Approve("abc"), Statement = statement, Actor = "ann" }, default);
        await gateway.SignalAsync(Id, Command("d3") with { Command = new AgentCommand.Reject("no") }, default);

        var events = (await environment.Client.GetWorkflowHandle(Id.ToString()).FetchHistoryAsync()).Events;
        var input = Read<CodingTaskInput>(events.First().WorkflowExecutionStartedEventAttributes.Input.Payloads_[0]);
        Keys.Open<RequestRecord>(input.Record).ShouldBe(new RequestRecord(Id, TaskKind.Implement, 12, null, "next", input.RequestedBy, DateTimeOffset.UnixEpoch, statement));
        var signals = events.Where(e => e.WorkflowExecutionSignaledEventAttributes is not null)
            .Select(e => (CodingTaskSignal.CommandGiven)Read<CodingTaskSignal>(e.WorkflowExecutionSignaledEventAttributes.Input.Payloads_[0])).ToArray();
        Keys.Open<ApprovalRecord>(signals.Single(s => s.DeliveryId == "d2").Record).ShouldBe(new ApprovalRecord(Id, "ann", "abc", statement));
        signals.Where(s => s.DeliveryId != "d2").ShouldAllBe(s => s.Record == null);
    }

    private static T Read<T>(Temporalio.Api.Common.V1.Payload payload) => System.Text.Json.JsonSerializer.Deserialize<T>(payload.Data.Span)!;

    [Fact]
    public async Task Call_NobodyListens_IsUnavailable()
    {
        var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var address = environment.Client.Connection.Options.TargetHost!;
        await environment.DisposeAsync();
        var gateway = new TemporalTaskGateway(TemporalClient.CreateLazy(new TemporalClientConnectOptions(address)), Settings, TaskQueues.CodingAgent, Keys);
        await Should.ThrowAsync<TaskGatewayUnavailableException>(() => gateway.SignalAsync(Id, Comment("d1"), default));
        await Should.ThrowAsync<TaskGatewayUnavailableException>(() => gateway.StartAsync(Input("d1"), Command("d1"), default));
    }

    private static RecordKeys Keys { get; } = TestKeys.OfAllRoles();

    private static FlowSettings Settings { get; } = new() { PlannerModel = "m", CoderModel = "m", HeartbeatTimeout = TimeSpan.FromSeconds(7) };

    private static CodingTaskInput Input(string delivery) =>
        new(Id, Repo, TaskKind.Implement, 12, null, new Actor("mona", 1, ActorKind.User), delivery, DateTimeOffset.UnixEpoch);

    private static CodingTaskSignal.CommandGiven Command(string delivery) => new(delivery, "mona", DateTimeOffset.UnixEpoch, new AgentCommand.Implement(), null);

    private static CodingTaskSignal.CommentWritten Comment(string delivery) => new(delivery, "mona", DateTimeOffset.UnixEpoch, 1, "words");
}
