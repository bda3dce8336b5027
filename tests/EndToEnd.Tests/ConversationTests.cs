using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>What people may ask for, where, and what they hear; through the running service.</summary>
public sealed class ConversationTests(Theatre theatre) : IClassFixture<Theatre>
{
    private const string TooLong = "#!/bin/sh\n# Adds two numbers, or three of them when a third one is given as the last argument.\necho $(($1 + $2 + ${3:-0}))\n";

    [Fact]
    public async Task Commands_BySomebodyWithoutWriteAccess_ChangeNothing()
    {
        var desk = await theatre.OpenRepositoryAsync("guarded", (".github/coding-agent.yml", Desk.PolicyWithoutApproval));
        var tom = desk.AddPerson("tom", RepoAccess.Triage);
        var eve = desk.AddPerson("eve", RepoAccess.Read);
        var issue = await desk.OpenIssueAsync();

        await desk.LabelAsync(tom, issue, "agent:implement");
        await desk.SayAsync(eve, issue, "/agent implement");

        await RefusedAsync("issues", "tom", "\"action\":\"labeled\"");
        await RefusedAsync("issue_comment", "eve", "/agent implement");
        (await desk.TaskAsync(desk.TaskIdOf(issue))).ShouldBeNull();
        (await desk.AgentBranchesAsync()).ShouldBeEmpty();
        (await desk.LabelsAsync(issue)).ShouldNotContain("agent:working");

        await desk.SayAsync(issue, "/agent implement");
        var pull = await desk.PullAsync();
        await desk.ReadyPullAsync(pull);
        var before = await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingReview");

        await desk.SayAsync(eve, issue, "/agent stop");
        await desk.SayAsync(eve, issue, "And please delete the tests.");
        await eve.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "REQUEST_CHANGES", ["body"] = ShellSample.ReviewRemark }, default);

        await RefusedAsync("issue_comment", "eve", "/agent stop");
        await RefusedAsync("issue_comment", "eve", "delete the tests");
        await RefusedAsync("pull_request_review", "eve", "\"action\":\"submitted\"");
        var after = await desk.TaskAsync(desk.TaskIdOf(issue));
        after!.ToJsonString().ShouldBe(before.ToJsonString());

        async Task RefusedAsync(string eventName, string sender, string containing)
        {
            var outcome = await theatre.OutcomeOfAsync(eventName, desk.Name, sender, containing);
            // A command is refused in words, anything else in silence; neither starts or tells a task anything.
            outcome.ShouldNotContain("started ");
            outcome.ShouldNotContain("told ");
            outcome.ShouldMatch("no write access|answered");
        }
    }

    [Fact]
    public async Task PolicyFile_Malformed_IsExplainedAndWorkGoesOnOnceMended()
    {
        var broken = ShellSample.Policy.Replace("approval: always", "aproval: always", StringComparison.Ordinal);
        var desk = await theatre.OpenRepositoryAsync("policy", (".github/coding-agent.yml", broken));
        var issue = await desk.OpenIssueAsync("agent:implement");

        var words = await desk.CommentAsync(issue, "The policy file cannot be used");
        words.ShouldContain("| 3 |");
        words.ShouldContain("aproval");
        words.ShouldContain("did you mean 'approval'?");
        await desk.FindAsync("the label agent:failed", async () => (await desk.LabelsAsync(issue)).Contains("agent:failed") ? words : null);
        (await desk.TaskInStateAsync(desk.TaskIdOf(issue), "Failed"))["reason"]!.GetValue<string>().ShouldContain("line 3");
        (await desk.LabelsAsync(issue)).ShouldNotContain("agent:implement");

        await GitClone.PushAsync(
            theatre.Stage, desk.Ada, desk.FullName, "main", new Dictionary<string, string>(StringComparer.Ordinal) { [".github/coding-agent.yml"] = ShellSample.Policy });
        await desk.LabelAsync(desk.Ada, issue, "agent:implement");

        await desk.PlanHashAsync(issue);
        await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingApproval");
        (await desk.LabelsAsync(issue)).ShouldNotContain("agent:failed");
    }

    [Fact]
    public async Task Plan_RejectedThenApprovedByOldHash_CountsOnlyForTheCurrentOne()
    {
        var desk = await theatre.OpenRepositoryAsync("plans");
        var issue = await desk.OpenIssueAsync("agent:implement");
        var first = await desk.PlanHashAsync(issue);

        await desk.SayAsync(issue, "/agent reject Zero must stay zero.");
        var second = await desk.PlanHashAsync(issue, version: 2);
        second.ShouldNotBe(first);
        (await desk.CommentAsync(issue, "(version 2)")).ShouldContain("Zero must stay zero.");

        await desk.SayAsync(issue, $"/agent approve {first}");
        var refusal = await desk.CommentAsync(issue, "That answer does not count");
        refusal.ShouldContain(first);
        refusal.ShouldContain(second);
        (await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingApproval")).ShouldNotBeNull();

        var held = theatre.Stage.Tap.HoldNextAsync("fix_report", afterEdit: false, desk.FullName);
        await desk.SayAsync(issue, "/agent approve");
        // CI refuses the first head, so the fixer is asked; its answer never comes.
        await held.WaitAsync(TimeSpan.FromMinutes(2));
        await desk.SayAsync(issue, "/agent stop");

        var status = await desk.StatusAsync(issue, "Stopped");
        status.ShouldContain("stopped by ada");
        await desk.TaskInStateAsync(desk.TaskIdOf(issue), "Stopped");
        theatre.Stage.Tap.Release();
        (await desk.AgentBranchesAsync()).Count.ShouldBe(1);
        (await desk.LabelsAsync(issue)).ShouldNotContain("agent:working");
        (await desk.PullsAsync()).ShouldHaveSingleItem()["state"]!.GetValue<string>().ShouldBe("open");
    }

    [Fact]
    public async Task RestTask_CreatedTwiceWithOneKey_IsOneTaskThatRestApprovesAndStops()
    {
        var desk = await theatre.OpenRepositoryAsync("rest");
        var request = new JsonObject
        {
            ["repo"] = desk.FullName,
            ["goal"] = $"{ShellSample.IssueTitle}\n\n{ShellSample.IssueBody}",
            ["idempotencyKey"] = "order-66",
        };

        var id = await CreateAsync(request);
        (await CreateAsync(request)).ShouldBe(id);
        var waiting = await desk.TaskInStateAsync(id, "AwaitingApproval");
        waiting["title"]!.GetValue<string>().ShouldBe(ShellSample.IssueTitle);
        waiting["requestedBy"]!.GetValue<string>().ShouldBe("rest-api");
        (await CreateAsync(request)).ShouldBe(id);
        var listed = await theatre.Rest.GetFromJsonAsync<JsonArray>("tasks");
        listed!.Count(t => t!["repo"]!.GetValue<string>() == $"github:{desk.FullName}").ShouldBe(1);

        await SignalAsync(id, "approve", HttpStatusCode.Accepted);
        var pull = await desk.PullAsync();
        await desk.ReadyPullAsync(pull);
        (await desk.PullsAsync()).ShouldHaveSingleItem();
        var composed = await theatre.Rest.GetFromJsonAsync<JsonNode>($"prs/{Uri.EscapeDataString($"github:{desk.FullName}#{pull}")}");
        composed!["taskId"]!.GetValue<string>().ShouldBe(id);

        await SignalAsync(id, "stop", HttpStatusCode.Accepted);
        var stopped = await desk.TaskInStateAsync(id, "Stopped");
        await SignalAsync(id, "approve", HttpStatusCode.Conflict);
        // Also after its end a repeated request is the same request.
        (await CreateAsync(request)).ShouldBe(id);
        (await desk.TaskAsync(id))!["runId"]!.GetValue<string>().ShouldBe(stopped["runId"]!.GetValue<string>());
        (await desk.TaskAsync(id))!["status"]!.GetValue<string>().ShouldBe("Stopped");
    }

    [Fact]
    public async Task FixCommand_OnAPersonsPullRequestWithRedCi_AddsACommitToItsBranch()
    {
        var desk = await theatre.OpenRepositoryAsync("theirs");
        var head = await GitClone.PushAsync(theatre.Stage, desk.Ada, desk.FullName, "wider", Files(("src/add.sh", TooLong)));
        var pull = await OpenPullAsync(desk, desk.Ada, "wider");
        (await desk.ConclusionAsync(head, "lint")).ShouldBe("failure");

        await desk.SayAsync(pull, "/agent fix");

        var mended = (await desk.FindAsync("a commit on the branch", async () =>
            (await desk.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>() is var sha && sha != head ? sha : null));
        (await desk.ConclusionAsync(mended, "lint")).ShouldBe("success");
        var commit = await desk.Ada.GetAsync($"commits/{mended}", default);
        commit["parents"]!.AsArray().ShouldHaveSingleItem()!["sha"]!.GetValue<string>().ShouldBe(head);
        commit["commit"]!["author"]!["name"]!.GetValue<string>().ShouldBe(Stage.Bot);
        (await desk.PullsAsync()).ShouldHaveSingleItem();
        (await desk.AgentBranchesAsync()).ShouldBeEmpty();
        await desk.TaskInStateAsync($"task/github:{desk.FullName}/pull/{pull}", "AwaitingReview");
    }

    [Fact]
    public async Task FixCommand_OnAForksPullRequest_IsRefusedWithTheReason()
    {
        var desk = await theatre.OpenRepositoryAsync("forked");
        var mallory = desk.AddPerson("mallory", RepoAccess.Read);
        await mallory.PostAsync("forks", new JsonObject(), default);
        await GitClone.PushAsync(theatre.Stage, mallory, $"mallory/{desk.Name}", "coding-agent/mine", Files(("src/add.sh", TooLong)));
        var pull = await OpenPullAsync(desk, mallory, "mallory:coding-agent/mine");

        await desk.SayAsync(pull, "/agent fix");

        (await desk.CommentAsync(pull, "I did not start")).ShouldContain("fork");
        (await desk.TaskAsync($"task/github:{desk.FullName}/pull/{pull}")).ShouldBeNull();
    }

    private async Task<string> CreateAsync(JsonObject request)
    {
        using var response = await theatre.Rest.PostAsJsonAsync("tasks", request);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!.GetValue<string>();
    }

    private async Task SignalAsync(string id, string signal, HttpStatusCode expected)
    {
        using var response = await theatre.Rest.PostAsJsonAsync($"tasks/{Uri.EscapeDataString(id)}/signals/{signal}", new JsonObject());
        response.StatusCode.ShouldBe(expected);
    }

    private static Dictionary<string, string> Files(params (string Path, string Text)[] files) =>
        files.ToDictionary(f => f.Path, f => f.Text, StringComparer.Ordinal);

    private static async Task<int> OpenPullAsync(Desk desk, Human who, string head) =>
        (await who.PostAsync(
            "pulls",
            new JsonObject { ["title"] = ShellSample.IssueTitle, ["head"] = head, ["base"] = "main", ["body"] = "See the title." },
            default))["number"]!.GetValue<int>();
}
