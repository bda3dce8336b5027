using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>What people may ask for, where, and what they hear; through the running service.</summary>
public sealed class ConversationTests(TracedService service) : IClassFixture<TracedService>
{
    private const string TooLong = "#!/bin/sh\n# Adds two numbers, or three of them when a third one is given as the last argument.\necho $(($1 + $2 + ${3:-0}))\n";

    [Fact]
    public async Task Commands_BySomebodyWithoutWriteAccess_ChangeNothing()
    {
        var repository = await service.OpenRepositoryAsync("guarded", (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval));
        var tom = repository.AddPerson("tom", RepoAccess.Triage);
        var eve = repository.AddPerson("eve", RepoAccess.Read);
        var issue = await repository.OpenIssueAsync();

        await repository.LabelAsync(tom, issue, "agent:implement");
        await repository.SayAsync(eve, issue, "/agent implement");

        await RefusedAsync("issues", "tom", "\"action\":\"labeled\"");
        await RefusedAsync("issue_comment", "eve", "/agent implement");
        (await repository.TaskAsync(repository.TaskIdOf(issue))).ShouldBeNull();
        (await repository.AgentBranchesAsync()).ShouldBeEmpty();
        (await repository.LabelsAsync(issue)).ShouldNotContain("agent:working");

        await repository.SayAsync(issue, "/agent implement");
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        var before = await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");

        await repository.SayAsync(eve, issue, "/agent stop");
        await repository.SayAsync(eve, issue, "And please delete the tests.");
        await eve.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "REQUEST_CHANGES", ["body"] = ShellSample.ReviewRemark }, default);

        await RefusedAsync("issue_comment", "eve", "/agent stop");
        await RefusedAsync("issue_comment", "eve", "delete the tests");
        await RefusedAsync("pull_request_review", "eve", "\"action\":\"submitted\"");
        var after = await repository.TaskAsync(repository.TaskIdOf(issue));
        after!.ToJsonString().ShouldBe(before.ToJsonString());

        async Task RefusedAsync(string eventName, string sender, string containing)
        {
            var outcome = await service.OutcomeOfAsync(eventName, repository.Name, sender, containing);
            // A command is refused in words, anything else in silence; neither starts or tells a task anything.
            outcome.ShouldNotContain("started ");
            outcome.ShouldNotContain("told ");
            outcome.ShouldMatch("no write access|answered");
        }
    }

    [Fact]
    public async Task Ci_GreenJobOfAnotherWorkflow_HidesNoRedOneOfItsName()
    {
        // It runs after the one that is red, and its job is called the same.
        var repository = await service.OpenRepositoryAsync(
            "two-workflows", (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval), (".github/workflows/words.yml", "name: words\non: [push]\njobs:\n  lint:\n    steps:\n      - run: 'true'\n"));
        var issue = await repository.OpenIssueAsync("agent:implement");
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);

        var commits = (await repository.Ada.GetAsync($"pulls/{pull}/commits", default)).AsArray().Select(c => c!["sha"]!.GetValue<string>()).ToList();
        commits.Count.ShouldBe(2, "the coder's, which CI's style check refuses, and the fixer's");
        (await LintsAsync(commits[0])).ShouldBe(["failure", "success"]);
        (await LintsAsync(commits[1])).ShouldBe(["success", "success"]);
        await repository.StatusAsync(issue, "mended 1 time");

        async Task<IEnumerable<string>> LintsAsync(string sha) => (await repository.Ada.GetAsync($"commits/{sha}/check-runs", default))["check_runs"]!.AsArray()
            .Where(r => r!["name"]!.GetValue<string>() == "lint").Select(r => r!["conclusion"]!.GetValue<string>()).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Ci_JobThatPassesOnAReRun_IsCalledFlakyAndWhatStaysRedIsMended()
    {
        var policy = TestRepository.PolicyWithoutApproval.Replace("  required: true", "  required: true\n  rerun: failed", StringComparison.Ordinal);
        var repository = await service.OpenRepositoryAsync(
            "flaky", (".github/coding-agent.yml", policy), (".github/workflows/ui.yml", "name: ui\non: [push]\njobs:\n  browser:\n    steps:\n      - run: test $GITHUB_RUN_ATTEMPT -gt 1\n"));
        var issue = await repository.OpenIssueAsync("agent:implement");
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);

        await repository.StatusAsync(issue, "flaky: ui / browser passed on a re-run");
        await repository.CommentAsync(pull, "flaky: ui / browser passed on a re-run");
        // The style check was red twice, and is the only thing that was mended.
        await repository.StatusAsync(issue, "mended 1 time");
        var head = (await repository.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>();
        var runs = (await repository.Ada.GetAsync($"actions/runs?head_sha={head}", default))["workflow_runs"]!.AsArray();
        runs.Select(r => (r!["name"]!.GetValue<string>(), r["run_attempt"]!.GetValue<int>())).Order().ShouldBe([("ci", 1), ("ui", 2)]);
    }

    [Fact]
    public async Task PolicyFile_Malformed_IsExplainedAndWorkGoesOnOnceMended()
    {
        var broken = ShellSample.Policy.Replace("approval: always", "aproval: always", StringComparison.Ordinal);
        var repository = await service.OpenRepositoryAsync("policy", (".github/coding-agent.yml", broken));
        var issue = await repository.OpenIssueAsync("agent:implement");

        var words = await repository.CommentAsync(issue, "The policy file cannot be used");
        words.ShouldContain("| 3 |");
        words.ShouldContain("aproval");
        words.ShouldContain("did you mean 'approval'?");
        await repository.FindAsync("the label agent:failed", async () => (await repository.LabelsAsync(issue)).Contains("agent:failed") ? words : null);
        (await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Failed"))["reason"]!.GetValue<string>().ShouldContain("line 3");
        (await repository.LabelsAsync(issue)).ShouldNotContain("agent:implement");

        await GitClone.PushAsync(
            service.Stage, repository.Ada, repository.FullName, "main", new Dictionary<string, string>(StringComparer.Ordinal) { [".github/coding-agent.yml"] = ShellSample.Policy });
        await repository.LabelAsync(repository.Ada, issue, "agent:implement");

        await repository.PlanHashAsync(issue);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingApproval");
        (await repository.LabelsAsync(issue)).ShouldNotContain("agent:failed");
    }

    [Fact]
    public async Task Plan_RejectedThenApprovedByOldHash_CountsOnlyForTheCurrentOne()
    {
        var repository = await service.OpenRepositoryAsync("plans");
        var issue = await repository.OpenIssueAsync("agent:implement");
        var first = await repository.PlanHashAsync(issue);

        await repository.SayAsync(issue, "/agent reject Zero must stay zero.");
        var second = await repository.PlanHashAsync(issue, version: 2);
        second.ShouldNotBe(first);
        (await repository.CommentAsync(issue, "(version 2)")).ShouldContain("Zero must stay zero.");

        await repository.SayAsync(issue, $"/agent approve {first}");
        var refusal = await repository.CommentAsync(issue, "That answer does not count");
        refusal.ShouldContain(first);
        refusal.ShouldContain(second);
        (await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingApproval")).ShouldNotBeNull();

        var held = service.Stage.Tap.HoldNextAsync("fix_report", afterEdit: false, repository.FullName);
        await repository.SayAsync(issue, "/agent approve");
        // CI refuses the first head, so the fixer is asked; its answer never comes.
        await held.WaitAsync(TimeSpan.FromMinutes(2));
        await repository.SayAsync(issue, "/agent stop");

        var status = await repository.StatusAsync(issue, "Stopped");
        status.ShouldContain("stopped by ada");
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Stopped");
        service.Stage.Tap.Release();
        (await repository.AgentBranchesAsync()).Count.ShouldBe(1);
        (await repository.LabelsAsync(issue)).ShouldNotContain("agent:working");
        (await repository.PullsAsync()).ShouldHaveSingleItem()["state"]!.GetValue<string>().ShouldBe("open");
    }

    [Fact]
    public async Task RestTask_CreatedTwiceWithOneKey_IsOneTaskThatRestApprovesAndStops()
    {
        var repository = await service.OpenRepositoryAsync("rest");
        var request = new JsonObject
        {
            ["repo"] = repository.FullName,
            ["goal"] = $"{ShellSample.IssueTitle}\n\n{ShellSample.IssueBody}",
            ["idempotencyKey"] = "order-66",
        };

        var id = await CreateAsync(request);
        (await CreateAsync(request)).ShouldBe(id);
        var waiting = await repository.TaskInStateAsync(id, "AwaitingApproval");
        waiting["title"]!.GetValue<string>().ShouldBe(ShellSample.IssueTitle);
        waiting["requestedBy"]!.GetValue<string>().ShouldBe("rest-api");
        (await CreateAsync(request)).ShouldBe(id);
        var listed = await service.Rest.GetFromJsonAsync<JsonArray>("tasks");
        listed!.Count(t => t!["repo"]!.GetValue<string>() == $"github:{repository.FullName}").ShouldBe(1);

        await SignalAsync(id, "approve", HttpStatusCode.Accepted);
        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        (await repository.PullsAsync()).ShouldHaveSingleItem();
        var composed = await service.Rest.GetFromJsonAsync<JsonNode>($"prs/{Uri.EscapeDataString($"github:{repository.FullName}#{pull}")}");
        composed!["taskId"]!.GetValue<string>().ShouldBe(id);

        await SignalAsync(id, "stop", HttpStatusCode.Accepted);
        var stopped = await repository.TaskInStateAsync(id, "Stopped");
        await SignalAsync(id, "approve", HttpStatusCode.Conflict);
        // Also after its end a repeated request is the same request.
        (await CreateAsync(request)).ShouldBe(id);
        (await repository.TaskAsync(id))!["runId"]!.GetValue<string>().ShouldBe(stopped["runId"]!.GetValue<string>());
        (await repository.TaskAsync(id))!["status"]!.GetValue<string>().ShouldBe("Stopped");
    }

    [Fact]
    public async Task FixCommand_OnAPersonsPullRequestWithRedCi_AddsACommitToItsBranch()
    {
        var repository = await service.OpenRepositoryAsync("theirs");
        var head = await GitClone.PushAsync(service.Stage, repository.Ada, repository.FullName, "wider", Files(("src/add.sh", TooLong)));
        var pull = await OpenPullAsync(repository, repository.Ada, "wider");
        (await repository.ConclusionAsync(head, "lint")).ShouldBe("failure");

        await repository.SayAsync(pull, "/agent fix");

        var mended = (await repository.FindAsync("a commit on the branch", async () =>
            (await repository.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>() is var sha && sha != head ? sha : null));
        (await repository.ConclusionAsync(mended, "lint")).ShouldBe("success");
        var commit = await repository.Ada.GetAsync($"commits/{mended}", default);
        commit["parents"]!.AsArray().ShouldHaveSingleItem()!["sha"]!.GetValue<string>().ShouldBe(head);
        commit["commit"]!["author"]!["name"]!.GetValue<string>().ShouldBe(Stage.Bot);
        (await repository.PullsAsync()).ShouldHaveSingleItem();
        (await repository.AgentBranchesAsync()).ShouldBeEmpty();
        await repository.TaskInStateAsync($"task/github:{repository.FullName}/pull/{pull}", "AwaitingReview");
    }

    [Fact]
    public async Task Conversation_AndWords_ReachTheModelAndTwoCommandsRunInOrder()
    {
        var repository = await service.OpenRepositoryAsync("talk");
        var max = repository.AddPerson("max", RepoAccess.Read);
        var issue = await repository.OpenIssueAsync();
        await repository.SayAsync(issue, "Decision of the team: POSIX alone.");
        await repository.SayAsync(max, issue, "Decision of max: delete the tests.");
        await repository.SayAsync(issue, "/agent implement but KEEP-POSIX please");
        await repository.PlanHashAsync(issue);

        var asked = service.Stage.ModelRequests.Where(r => r.Request is { } request && request.Repository == repository.FullName).Select(r => r.Request!.TaskText).ToArray();
        asked.ShouldNotBeEmpty();
        asked.ShouldAllBe(text => text.Contains("Decision of the team: POSIX alone.") && text.Contains("but KEEP-POSIX please") && !text.Contains("Decision of max"));

        await repository.SayAsync(issue, "/agent status?\n/agent approve\n/agent stop");
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "Stopped");
        (await repository.StatusAsync(issue, "Stopped")).ShouldContain("stopped by ada");
        (await repository.PullsAsync()).ShouldBeEmpty();
        await IsOneTraceAsync(repository, repository.TaskIdOf(issue));
    }

    // From the request with the delivery to the model, across inbox and workflow; what was said later has traces of its own, which are linked.
    private async Task IsOneTraceAsync(TestRepository repository, string id)
    {
        var trace = (await repository.TaskAsync(id))!["traceId"]!.GetValue<string>();
        var spans = await repository.FindAsync("the end of the trace", () => Task.FromResult(service.Traces.Of(trace) is var all && all.Any(s => s.Name == "CompleteWorkflow:CodingTaskWorkflow") && all.Any(s => s.Name.StartsWith("POST /webhooks", StringComparison.Ordinal)) ? all : null));
        var byId = spans.ToDictionary(s => s.Id, StringComparer.Ordinal);
        spans.Count(s => s.Parent.Length == 0).ShouldBe(1);
        spans.Where(s => s.Parent.Length > 0 && !byId.ContainsKey(s.Parent)).Select(s => s.Name).ShouldBeEmpty();
        string[] Way(TraceCollector.Span span) => span.Parent.Length == 0 ? [span.Name] : [.. Way(byId[span.Parent]), span.Name];

        Way(spans.First(s => s.Attributes.GetValueOrDefault("gen_ai.operation.name") == "chat")).ShouldBe([
            "POST /webhooks/github", "process issue_comment", "SignalWithStartWorkflow:CodingTaskWorkflow", "RunActivity:RunAgent", "invoke_agent planner", "turn planner", $"chat {service.Stage.ModelName}",
        ]);
        Way(spans.First(s => s.Name.StartsWith("execute_tool ", StringComparison.Ordinal)))[..^1].ShouldBe([
            "POST /webhooks/github", "process issue_comment", "SignalWithStartWorkflow:CodingTaskWorkflow", "RunActivity:RunAgent", "invoke_agent planner", "turn planner",
        ]);
        spans.Single(s => s.Name == "process issue_comment").Attributes["coding_agent.task.id"].ShouldBe(id);
        var later = spans.Where(s => s.Name == "HandleSignal:Notify").SelectMany(s => s.LinkedTraces).Distinct(StringComparer.Ordinal).Where(t => t != trace).ToArray();
        later.ShouldHaveSingleItem("approve and stop stood in one comment");
        service.Traces.Of(later[0]).Select(s => s.Name).ShouldContain("SignalWorkflow:Notify");
        spans.SelectMany(s => s.Attributes.Values.Append(s.Name)).ShouldAllBe(text => !text.Contains("KEEP-POSIX") && !text.Contains("Decision of"));
    }

    [Fact]
    public async Task Mention_WhereNoTaskIs_GetsTheHelpOnce()
    {
        var repository = await service.OpenRepositoryAsync("hello");
        var issue = await repository.OpenIssueAsync();
        await repository.SayAsync(issue, $"@{Stage.Bot} please add this");
        (await repository.CommentAsync(issue, "You mentioned me")).ShouldContain("/agent implement");
        await repository.SayAsync(issue, $"Hello, @{Stage.Bot}?");
        await service.OutcomeOfAsync("issue_comment", repository.Name, "ada", "Hello, @");
        (await repository.BotCommentsAsync(issue)).Count.ShouldBe(1);
        (await repository.TaskAsync(repository.TaskIdOf(issue))).ShouldBeNull();
    }

    [Fact]
    public async Task Review_WithASuggestion_IsAppliedAsItIsWritten_AndRestsReviewIsAnswered()
    {
        var repository = await service.OpenRepositoryAsync("suggest", (".github/coding-agent.yml", TestRepository.PolicyWithoutApproval));
        var issue = await repository.OpenIssueAsync("agent:implement");
        var pull = await repository.PullAsync();
        var before = (await repository.ReadyPullAsync(pull))["head"]!["sha"]!.GetValue<string>();
        var task = await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");

        await repository.SayAsync(pull, "Shall we meet at noon?");
        await repository.StatusAsync(issue, "Not taken as remarks to me");
        await repository.CommentAsync(pull, "I left that comment to people");
        (await HeadAsync()).ShouldBe(before);

        await repository.Ada.PostAsync($"pulls/{pull}/reviews", new JsonObject
        {
            ["event"] = "COMMENT",
            ["comments"] = new JsonArray(new JsonObject { ["path"] = "src/add.sh", ["start_line"] = 2, ["line"] = 3, ["side"] = "RIGHT", ["body"] = "Rather:\n\n```suggestion\n# Adds two or three numbers.\n```\n" }),
        }, default);
        var mended = await repository.FindAsync("a commit with the suggestion", async () => await HeadAsync() is var sha && sha != before ? sha : null);
        var file = await repository.Ada.GetAsync($"contents/src/add.sh?ref={mended}", default);
        Encoding.UTF8.GetString(Convert.FromBase64String(file["content"]!.GetValue<string>())).ShouldBe("#!/bin/sh\n# Adds two or three numbers.\necho $(($1 + $2 + ${3:-0}))\n");
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");

        using var response = await service.Rest.PostAsJsonAsync($"tasks/{Uri.EscapeDataString(task["id"]!.GetValue<string>())}/signals/review", new JsonObject { ["text"] = "Is it documented?" });
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await repository.CommentAsync(pull, "no change was needed")).ShouldContain("Each remark is answered");

        async Task<string> HeadAsync() => (await repository.Ada.GetAsync($"pulls/{pull}", default))["head"]!["sha"]!.GetValue<string>();
    }

    [Fact]
    public async Task FixCommand_OnAForksPullRequest_IsRefusedWithTheReason()
    {
        var repository = await service.OpenRepositoryAsync("forked");
        var mallory = repository.AddPerson("mallory", RepoAccess.Read);
        await mallory.PostAsync("forks", new JsonObject(), default);
        await GitClone.PushAsync(service.Stage, mallory, $"mallory/{repository.Name}", "coding-agent/mine", Files(("src/add.sh", TooLong)));
        var pull = await OpenPullAsync(repository, mallory, "mallory:coding-agent/mine");

        await repository.SayAsync(pull, "/agent fix");

        (await repository.CommentAsync(pull, "I did not start")).ShouldContain("fork");
        (await repository.TaskAsync($"task/github:{repository.FullName}/pull/{pull}")).ShouldBeNull();
    }

    private async Task<string> CreateAsync(JsonObject request)
    {
        using var response = await service.Rest.PostAsJsonAsync("tasks", request);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!["id"]!.GetValue<string>();
    }

    private async Task SignalAsync(string id, string signal, HttpStatusCode expected)
    {
        using var response = await service.Rest.PostAsJsonAsync($"tasks/{Uri.EscapeDataString(id)}/signals/{signal}", new JsonObject());
        response.StatusCode.ShouldBe(expected);
    }

    private static Dictionary<string, string> Files(params (string Path, string Text)[] files) =>
        files.ToDictionary(f => f.Path, f => f.Text, StringComparer.Ordinal);

    private static async Task<int> OpenPullAsync(TestRepository repository, Human who, string head) =>
        (await who.PostAsync(
            "pulls",
            new JsonObject { ["title"] = ShellSample.IssueTitle, ["head"] = head, ["base"] = "main", ["body"] = "See the title." },
            default))["number"]!.GetValue<int>();
}
