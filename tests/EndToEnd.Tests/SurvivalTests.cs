using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Work on people's own pull requests, and work while the model, the forge or the service itself is away.</summary>
public sealed class SurvivalTests(Theatre theatre) : IClassFixture<Theatre>
{
    private const string TooLong = "#!/bin/sh\n# Adds two numbers, or three of them when a third one is given as the last argument.\necho $(($1 + $2 + ${3:-0}))\n";

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
        var eve = desk.AddPerson("eve", Playground.LocalForge.RepoAccess.Read);
        await eve.PostAsync("forks", new JsonObject(), default);
        await GitClone.PushAsync(theatre.Stage, eve, $"eve/{desk.Name}", "coding-agent/mine", Files(("src/add.sh", TooLong)));
        var pull = await OpenPullAsync(desk, eve, "eve:coding-agent/mine");

        await desk.SayAsync(pull, "/agent fix");

        (await desk.CommentAsync(pull, "I did not start")).ShouldContain("fork");
        (await desk.TaskAsync($"task/github:{desk.FullName}/pull/{pull}")).ShouldBeNull();
    }

    [Fact]
    public async Task Model_AwayForAWhile_IsToldInTheStatusAndWorkGoesOn()
    {
        var desk = await theatre.OpenRepositoryAsync("patient");
        var faults = new Dictionary<string, int>(StringComparer.Ordinal) { ["plan"] = 500, ["change_report"] = 429 };
        theatre.Stage.Tap.Fault = (role, text) =>
            text.Contains(desk.FullName, StringComparison.Ordinal) && faults.TryGetValue(role, out var status) ? status : null;
        try
        {
            var issue = await desk.OpenIssueAsync("agent:implement");
            (await desk.StatusAsync(issue, "The model endpoint is away")).ShouldContain("500");
            faults.Remove("plan");
            await desk.PlanHashAsync(issue);

            await desk.SayAsync(issue, "/agent approve");
            (await desk.StatusAsync(issue, "The model endpoint is away")).ShouldContain("429");
            faults.Remove("change_report");
            var pull = await desk.PullAsync();
            await desk.ReadyPullAsync(pull);
            (await desk.StatusAsync(issue, "waits for a review")).ShouldNotContain("away");
            await desk.NothingIsDoubledAsync(issue, pull);
        }
        finally
        {
            theatre.Stage.Tap.Fault = null;
        }
    }

    [Fact]
    public async Task Forge_AwayWhenACommandComesAndAfterAPush_LosesNothing()
    {
        var desk = await theatre.OpenRepositoryAsync("distant");
        var issue = await desk.OpenIssueAsync("agent:implement");
        await desk.PlanHashAsync(issue);
        await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingApproval");
        var pushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        theatre.Stage.OnForgeLine = line =>
        {
            if (line.StartsWith($"push {desk.FullName} coding-agent/", StringComparison.Ordinal) && pushed.TrySetResult())
                theatre.Valve.Shut();
        };
        try
        {
            theatre.Valve.Shut();
            await desk.SayAsync(issue, "/agent approve");
            await Eventually.HoldsAsync("calls that the forge does not take", () => theatre.Valve.Refused >= 3);
            theatre.Valve.Open();

            await pushed.Task.WaitAsync(TimeSpan.FromMinutes(2));
            await Eventually.HoldsAsync("calls that the forge does not take", () => theatre.Valve.Refused >= 3);
            (await desk.PullsAsync()).ShouldBeEmpty();
            theatre.Valve.Open();

            var pull = await desk.PullAsync();
            await desk.ReadyPullAsync(pull);
            await desk.NothingIsDoubledAsync(issue, pull);
        }
        finally
        {
            theatre.Stage.OnForgeLine = null;
            theatre.Valve.Open();
        }
    }

    [Fact]
    public async Task Service_KilledWhileAwaitingApprovalAndAgainAtThePush_DoublesNothing()
    {
        var desk = await theatre.OpenRepositoryAsync("killed");
        var issue = await desk.OpenIssueAsync("agent:implement");
        await desk.PlanHashAsync(issue);
        await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingApproval");

        await theatre.KillServiceAsync();
        // Said to a dead service: the forge keeps the delivery.
        await desk.SayAsync(issue, "/agent approve");
        var killed = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        theatre.Stage.OnForgeLine = line =>
        {
            // The branch is there, and the service dies before it hears of it.
            if (line.StartsWith($"push {desk.FullName} coding-agent/", StringComparison.Ordinal) && !killed.Task.IsCompleted)
                killed.SetResult(theatre.KillServiceAsync());
        };
        await theatre.StartServiceAsync();
        await (await killed.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        theatre.Stage.OnForgeLine = null;
        (await desk.AgentBranchesAsync()).Count.ShouldBe(1);
        (await desk.PullsAsync()).ShouldBeEmpty();
        await theatre.StartServiceAsync();

        var pull = await desk.PullAsync();
        await desk.ReadyPullAsync(pull);
        await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingReview");
        await desk.NothingIsDoubledAsync(issue, pull);
        (await desk.AgentBranchesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Secrets_AfterAWholeTask_AreNowhereButWhereTheyBelong()
    {
        // The check prints all it can find out about its surroundings.
        var curious = Desk.PolicyWithoutApproval.Replace(
            "run: sh tests/run.sh", "run: env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\\\0' '\\\\n'; sh tests/run.sh", StringComparison.Ordinal);
        var desk = await theatre.OpenRepositoryAsync("discreet", (".github/coding-agent.yml", curious));
        var hunt = new SecretHunt(theatre.Stage);
        await using (var watch = new CommandLineWatch(hunt.Needles))
        {
            var issue = await desk.OpenIssueAsync("agent:implement");
            var pull = await desk.PullAsync();
            await desk.ReadyPullAsync(pull);
            await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingReview");
            watch.Seen.ShouldContain(line => line.Contains("push", StringComparison.Ordinal) && line.Contains("git", StringComparison.Ordinal));
            watch.Betrayed.ShouldBeEmpty();
        }

        hunt.InFiles(theatre.Stage.LogDirectory).ShouldBeEmpty();
        hunt.InFiles(theatre.Stage.ServiceDirectory).ShouldBeEmpty();
        hunt.InDeliveries().ShouldBeEmpty();
        (await hunt.InGitObjectsAsync()).ShouldBeEmpty();
    }

    private static Dictionary<string, string> Files(params (string Path, string Text)[] files) =>
        files.ToDictionary(f => f.Path, f => f.Text, StringComparer.Ordinal);

    private static async Task<int> OpenPullAsync(Desk desk, Human who, string head) =>
        (await who.PostAsync(
            "pulls",
            new JsonObject { ["title"] = ShellSample.IssueTitle, ["head"] = head, ["base"] = "main", ["body"] = "See the title." },
            default))["number"]!.GetValue<int>();
}
