using System.Collections.Concurrent;
using System.Text;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Work while the model, the forge or the service itself is away; and what must not show when all is done.</summary>
public sealed class SurvivalTests(Theatre theatre) : IClassFixture<Theatre>
{
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
            (await desk.StatusAsync(issue, "answered 500")).ShouldContain("The model endpoint is away");
            faults.Remove("plan");
            await desk.PlanHashAsync(issue);

            await desk.SayAsync(issue, "/agent approve");
            // The status of the outage before may still stand.
            (await desk.StatusAsync(issue, "answered 429")).ShouldContain("The model endpoint is away");
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
        try
        {
            await theatre.StartServiceAsync();
            await (await killed.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        }
        finally
        {
            // A test that fails here must not kill the service under the next one.
            theatre.Stage.OnForgeLine = null;
        }

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
        // The check prints all it can find out about its surroundings, and the model is shown it.
        var curious = Desk.PolicyWithoutApproval.Replace(
            "run: sh tests/run.sh", "run: env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; sh tests/run.sh", StringComparison.Ordinal);
        var desk = await theatre.OpenRepositoryAsync("discreet", (".github/coding-agent.yml", curious));
        var hunt = new SecretHunt(theatre.Stage);
        var told = new ConcurrentQueue<string>();
        theatre.Stage.Tap.Fault = (_, text) =>
        {
            told.Enqueue(text);
            return null;
        };
        await using (var watch = new CommandLineWatch(hunt.Needles))
        {
            var issue = await desk.OpenIssueAsync("agent:implement");
            var pull = await desk.PullAsync();
            await desk.ReadyPullAsync(pull);
            await desk.TaskInStateAsync(desk.TaskIdOf(issue), "AwaitingReview");
            watch.Seen.ShouldContain(line => line.StartsWith("git ", StringComparison.Ordinal) && line.Contains(" push ", StringComparison.Ordinal));
            watch.Betrayed.ShouldBeEmpty();
        }

        theatre.Stage.Tap.Fault = null;
        told.ShouldContain(text => text.Contains("PATH=", StringComparison.Ordinal));
        told.SelectMany(text => hunt.In("a request to the model", Encoding.UTF8.GetBytes(text))).ShouldBeEmpty();
        hunt.InDeliveries().ShouldBeEmpty();
        (await hunt.InGitObjectsAsync()).ShouldBeEmpty();

        // A service that runs keeps others out of its files.
        await theatre.KillServiceAsync();
        File.Exists(Path.Combine(theatre.Stage.ServiceDirectory, "bot.db")).ShouldBeTrue();
        File.Exists(Path.Combine(theatre.Stage.ServiceDirectory, "temporal.db")).ShouldBeTrue();
        hunt.InFiles(theatre.Stage.ServiceDirectory).ShouldBeEmpty();
        hunt.InFiles(theatre.Stage.LogDirectory).ShouldBeEmpty();
        await theatre.StartServiceAsync();
    }
}
