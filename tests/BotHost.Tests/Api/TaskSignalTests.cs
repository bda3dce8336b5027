using System.Net;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Api;

public sealed class TaskSignalTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);

    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        await _api.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/octo/hello/issues/12", idempotencyKey = "k" });
        await _api.ProjectAsync(Issue12, TaskState.AwaitingApproval);
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Approve_WithTheHash_TellsTheTask()
    {
        (await SignalAsync("approve", """{ "planHash": "ABCDEF123456" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBe(new AgentCommand.Approve("abcdef123456"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{ "planHash": null }""")]
    public async Task Approve_WithoutAHash_ApprovesThePlanAsItStands(string? body)
    {
        (await SignalAsync("approve", body)).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBe(new AgentCommand.Approve(null));
    }

    [Fact]
    public async Task Words_BesideACommand_GoWithIt()
    {
        (await SignalAsync("approve", """{ "planHash": "abcdef123456", "text": "Mind the tabs" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBe(new AgentCommand.Approve("abcdef123456") { Words = "Mind the tabs" });
        (await SignalAsync("retry", """{ "text": "The registry is back" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBe(new AgentCommand.Retry { Words = "The registry is back" });
    }

    [Fact]
    public async Task GoalTask_ItsPlanIsReadAndApprovedByHash()
    {
        var created = await _api.CreateAsync(new { repo = "octo/hello", goal = "Add retries" }, "goal-1");
        var path = created.Location.ShouldNotBeNull();
        var goal = TaskId.Parse(created.Body!["id"]!.GetValue<string>());
        var plan = new Plan("Payments are retried.", ["No new packages."], [new("src/A.cs", "Retry") { Functions = ["Pay"] }], [], ["A doubled charge."], []);
        await _api.Tasks.UpsertAsync(
            await _api.ProjectAsync(goal, TaskState.AwaitingApproval, pull: 34) with
            {
                Version = 2,
                Plan = new ShownPlan(plan, 1, "abcdef123456", null),
                PullUrl = new Uri("https://forge.test/Octo/Hello/pull/34"),
                PullIsDraft = true,
                Ci = CiVerdict.Red,
                CiRemarks = ["lint was cancelled"],
                CheckedTree = "def",
                Checks = [new("test", true, "exited", 1.5)],
                Risks = ["src/A.cs touches payments"],
            },
            default);

        var shown = (await _api.GetAsync(path)).Body!;
        var hash = shown["plan"]!["hash"]!.GetValue<string>();
        shown["plan"]!["waitsForApproval"]!.GetValue<bool>().ShouldBeTrue();
        shown["plan"]!["text"]!.GetValue<string>().ShouldContain("Payments are retried.");
        shown["plan"]!["content"]!["edits"]![0]!["functions"]![0]!.GetValue<string>().ShouldBe("Pay");
        (shown["workflowId"]!.GetValue<string>(), shown["runId"]!.GetValue<string>()).ShouldBe((goal.ToString(), "run-1"));
        (shown["pullRequest"]!["url"]!.GetValue<string>(), shown["pullRequest"]!["draft"]!.GetValue<bool>()).ShouldBe(("https://forge.test/Octo/Hello/pull/34", true));
        (shown["ci"]!["verdict"]!.GetValue<string>(), shown["ci"]!["remarks"]![0]!.GetValue<string>()).ShouldBe(("Red", "lint was cancelled"));
        (shown["checks"]!["green"]!.GetValue<bool>(), shown["checks"]!["results"]![0]!["name"]!.GetValue<string>()).ShouldBe((true, "test"));
        shown["risk"]![0]!.GetValue<string>().ShouldBe("src/A.cs touches payments");

        var wrong = await _api.PostAsync($"{path}/signals/approve", """{ "planHash": "abcdef123457" }""");
        wrong.Status.ShouldBe(HttpStatusCode.Conflict);
        wrong.Line.ShouldContain(hash);
        _api.Gateway.MessagesOf(goal).ShouldHaveSingleItem("the start alone");

        (await _api.PostAsync($"{path}/signals/approve", $$"""{ "planHash": "{{hash.ToUpperInvariant()}}" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(_api.Gateway.MessagesOf(goal)[^1]).ShouldBe(new AgentCommand.Approve(hash));

        (await _api.PostAsync($"{path}/signals/approve", null)).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(_api.Gateway.MessagesOf(goal)[^1]).ShouldBe(new AgentCommand.Approve(hash), "none names the one that waits as it arrives");
        _api.Gateway.MessagesOf(goal).Count.ShouldBe(3);
    }

    [Fact]
    public async Task RejectReviewStop_TellTheTask()
    {
        (await SignalAsync("reject", """{ "why": "too much" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBe(new AgentCommand.Reject("too much"));
        (await SignalAsync("review", """{ "text": "mind the tests" }""")).Status.ShouldBe(HttpStatusCode.Accepted);
        Last().ShouldBeOfType<CodingTaskSignal.CommentWritten>().ShouldSatisfyAllConditions(c => c.Body.ShouldBe("mind the tests"), c => c.IsAddressed.ShouldBe(true));
        (await SignalAsync("stop", null)).Status.ShouldBe(HttpStatusCode.Accepted);
        CommandOf(Last()).ShouldBeOfType<AgentCommand.Stop>();
    }

    [Fact]
    public async Task Signal_SameKeyAgain_IsOneCall()
    {
        for (var i = 0; i < 3; i++)
            await SignalAsync("review", """{ "text": "mind the tests", "idempotencyKey": "again" }""");

        _api.Gateway.MessagesOf(Issue12).Count.ShouldBe(2, "the start and one review");
    }

    [Fact]
    public async Task Signal_KeyOfTheCreation_IsStillAnotherCall()
    {
        await SignalAsync("approve", """{ "idempotencyKey": "k" }""");
        await SignalAsync("stop", """{ "idempotencyKey": "k" }""");

        _api.Gateway.MessagesOf(Issue12).Count.ShouldBe(3, "a client may use one key for all calls about one piece of work");
    }

    [Theory]
    [InlineData("reject", "{}", "why")]
    [InlineData("reject", """{ "why": " " }""", "why")]
    [InlineData("review", "{}", "text")]
    [InlineData("approve", """{ "planHash": "later" }""", "planHash")]
    [InlineData("stop", """{ "idempotencyKey": "a\nb" }""", "idempotencyKey")]
    [InlineData("merge", "{}", "approve, finish, reject, retry, review, stop")]
    [InlineData("approve", "{", "cannot be read")]
    [InlineData("approve", """{ "hash": "abcdef" }""", "$.hash")]
    public async Task Signal_BadInput_Is400WithOneLine(string signal, string body, string says)
    {
        var reply = await SignalAsync(signal, body);

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain(says);
        _api.Gateway.MessagesOf(Issue12).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("task%2Fgithub:Octo%2FHello%2Fissue%2F99")]
    [InlineData("12")]
    [InlineData("task%2F..%2F..")]
    public async Task ShowAndSignal_UnknownTask_Are404(string id)
    {
        var shown = await _api.GetAsync($"/tasks/{id}");
        shown.Status.ShouldBe(HttpStatusCode.NotFound);
        shown.Line.ShouldContain("There is no task");
        (await _api.PostAsync($"/tasks/{id}/signals/stop", null)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Signal_EndedTask_Is409AndNamesTheState()
    {
        await _api.ProjectAsync(Issue12, TaskState.Merged);
        _api.Gateway.End(Issue12);

        var reply = await SignalAsync("stop", null);

        reply.Status.ShouldBe(HttpStatusCode.Conflict);
        reply.Line.ShouldContain("Merged");
    }

    [Theory]
    [InlineData(TaskState.Merged)]
    [InlineData(TaskState.Closed)]
    [InlineData(TaskState.Stopped)]
    [InlineData(TaskState.Failed)]
    public async Task Review_OfATaskThatHasEnded_Is409WithWords(TaskState state)
    {
        await _api.ProjectAsync(Issue12, state);
        var reply = await SignalAsync("review", """{ "text": "mind the tests" }""");
        reply.Status.ShouldBe(HttpStatusCode.Conflict);
        reply.Line.ShouldContain($"has ended ({state})");
        _api.Gateway.MessagesOf(Issue12).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Signal_TaskThatIsNotListedYet_ReachesIt()
    {
        await _api.CreateAsync(new { repo = "octo/hello", goal = "g", idempotencyKey = "fresh" });

        (await _api.PostAsync("/tasks/task%2Fgithub:Octo%2FHello%2Fgoal%2Ffresh/signals/stop", null)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Signal_TemporalAway_Is503()
    {
        _api.Gateway.IsAway = true;

        var reply = await SignalAsync("approve", null);

        reply.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        reply.HasRetryAfter.ShouldBeTrue();
    }

    [Theory]
    [InlineData("task%2Fgithub:Octo%2FHello%2Fissue%2F12")]
    [InlineData("task%2Fgithub%3AOcto%2FHello%2Fissue%2F12")]
    [InlineData("task%2fgithub%3aOCTO%2fhello%2fissue%2f12")]
    public async Task ShowAndSignal_EncodedIdInAnySpelling_FindTheTask(string id)
    {
        var shown = await _api.GetAsync($"/tasks/{id}");
        shown.Status.ShouldBe(HttpStatusCode.OK);
        (shown.Body!["id"]!.GetValue<string>(), shown.Body["status"]!.GetValue<string>()).ShouldBe(("task/github:octo/hello/issue/12", "AwaitingApproval"));
        (await _api.PostAsync($"/tasks/{id}/signals/approve", null)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    private Task<ApiHost.ApiReply> SignalAsync(string signal, string? body) => _api.PostAsync($"{ApiHost.PathOf(Issue12)}/signals/{signal}", body);

    private CodingTaskSignal Last() => _api.Gateway.MessagesOf(Issue12)[^1];

    private static AgentCommand CommandOf(CodingTaskSignal signal) => signal.ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command;
}
