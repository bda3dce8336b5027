using System.Collections.Concurrent;
using System.Text;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Work while the model, the forge or the service itself is away; and what must not show when all is done.</summary>
public sealed class SurvivalTests(ServiceUnderTest service) : IClassFixture<ServiceUnderTest>
{
    [Fact]
    public async Task Model_AwayForAWhile_IsToldInTheStatusAndWorkGoesOn()
    {
        var repository = await service.OpenRepositoryAsync("patient");
        var faults = new Dictionary<string, int>(StringComparer.Ordinal) { ["plan"] = 500, ["change_report"] = 429 };
        service.Stage.Tap.Fault = (role, text) =>
            text.Contains(repository.FullName, StringComparison.Ordinal) && faults.TryGetValue(role, out var status) ? status : null;
        try
        {
            var issue = await repository.OpenIssueAsync("agent:implement");
            (await repository.StatusAsync(issue, "answered 500")).ShouldContain("The model endpoint is away");
            faults.Remove("plan");
            await repository.PlanHashAsync(issue);

            await repository.SayAsync(issue, "/agent approve");
            // The status of the outage before may still stand.
            (await repository.StatusAsync(issue, "answered 429")).ShouldContain("The model endpoint is away");
            faults.Remove("change_report");
            var pull = await repository.PullAsync();
            await repository.ReadyPullAsync(pull);
            (await repository.StatusAsync(issue, "waits for a review")).ShouldNotContain("away");
            await repository.NothingIsDoubledAsync(issue, pull);
        }
        finally
        {
            service.Stage.Tap.Fault = null;
        }
    }

    [Fact]
    public async Task Model_WithoutCredit_ParksTheTask_AndARetryGoesOn()
    {
        var repository = await service.OpenRepositoryAsync("indebted");
        var owes = true;
        service.Stage.Tap.Fault = (_, text) => owes && text.Contains(repository.FullName, StringComparison.Ordinal) ? 402 : null;
        try
        {
            var issue = await repository.OpenIssueAsync("agent:implement");
            var status = await repository.StatusAsync(issue, "answered 402");
            status.ShouldContain("has no credit left");
            status.ShouldContain("/agent retry");
            // Where the model is stays the operator's business.
            status.ShouldNotContain(service.Stage.Tap.BaseUrl.Authority);
            owes = false;
            await repository.SayAsync(issue, "/agent retry");
            await repository.PlanHashAsync(issue);
        }
        finally
        {
            service.Stage.Tap.Fault = null;
        }
    }

    [Fact]
    public async Task Forge_AwayWhenACommandComesAndAfterAPush_LosesNothing()
    {
        var repository = await service.OpenRepositoryAsync("distant");
        var issue = await repository.OpenIssueAsync("agent:implement");
        await repository.PlanHashAsync(issue);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingApproval");
        var pushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Stage.OnForgeLine = line =>
        {
            if (line.StartsWith($"push {repository.FullName} coding-agent/", StringComparison.Ordinal) && pushed.TrySetResult())
                service.Valve.Shut();
        };
        try
        {
            service.Valve.Shut();
            await repository.SayAsync(issue, "/agent approve");
            await Eventually.HoldsAsync("calls that the forge does not take", () => service.Valve.Refused >= 3);
            service.Valve.Open();

            await pushed.Task.WaitAsync(TimeSpan.FromMinutes(2));
            await Eventually.HoldsAsync("calls that the forge does not take", () => service.Valve.Refused >= 3);
            (await repository.PullsAsync()).ShouldBeEmpty();
            service.Valve.Open();

            var pull = await repository.PullAsync();
            await repository.ReadyPullAsync(pull);
            await repository.NothingIsDoubledAsync(issue, pull);
        }
        finally
        {
            service.Stage.OnForgeLine = null;
            service.Valve.Open();
        }
    }

    [Fact]
    public async Task Service_KilledWhileAwaitingApprovalAndAgainAtThePush_DoublesNothing()
    {
        var repository = await service.OpenRepositoryAsync("killed");
        var issue = await repository.OpenIssueAsync("agent:implement");
        await repository.PlanHashAsync(issue);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingApproval");

        await service.KillServiceAsync();
        // Said to a dead service: the forge keeps the delivery.
        await repository.SayAsync(issue, "/agent approve");
        var killed = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        service.Stage.OnForgeLine = line =>
        {
            // The branch is there, and the service dies before it hears of it.
            if (line.StartsWith($"push {repository.FullName} coding-agent/", StringComparison.Ordinal) && !killed.Task.IsCompleted)
                killed.SetResult(service.KillServiceAsync());
        };
        try
        {
            await service.StartServiceAsync();
            await (await killed.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        }
        finally
        {
            // A test that fails here must not kill the service under the next one.
            service.Stage.OnForgeLine = null;
        }

        (await repository.AgentBranchesAsync()).Count.ShouldBe(1);
        (await repository.PullsAsync()).ShouldBeEmpty();
        await service.StartServiceAsync();

        var pull = await repository.PullAsync();
        await repository.ReadyPullAsync(pull);
        await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");
        await repository.NothingIsDoubledAsync(issue, pull);
        (await repository.AgentBranchesAsync()).Count.ShouldBe(1);
    }

    /// <summary>GitHub tries to deliver once. What was said to a dead service is found by the sweep that each start begins with.</summary>
    [Fact]
    public async Task Service_DeadWhenItWasSpokenTo_FindsWhatWasNeverDelivered()
    {
        var repository = await service.OpenRepositoryAsync("unheard");
        var known = await repository.OpenIssueAsync("agent:implement");
        await repository.PlanHashAsync(known);
        await repository.TaskInStateAsync(repository.TaskIdOf(known), "AwaitingApproval");
        // From this start on the repository is looked through.
        await service.KillServiceAsync();
        await service.StartServiceAsync();
        await Eventually.FindAsync("the first sweep", async () => (await service.LogAsync()).Contains($"{repository.FullName} is looked through from now on", StringComparison.Ordinal) ? repository : null);

        await service.KillServiceAsync();
        service.Stage.Forge.GivesUpWebhooks = true;
        try
        {
            await repository.SayAsync(known, "/agent approve");
            var other = await repository.OpenIssueAsync("agent:implement");
            await Eventually.HoldsAsync("deliveries that found nobody", () => service.Stage.Forge.Deliveries.Count(d => d is { StatusCode: 0, Attempts: > 0 }) >= 3);
            await service.StartServiceAsync();
            await repository.PlanHashAsync(other);
            var pull = await repository.PullAsync();
            await repository.ReadyPullAsync(pull);
            await repository.NothingIsDoubledAsync(known, pull);
        }
        finally
        {
            service.Stage.Forge.GivesUpWebhooks = false;
        }
    }

    [Fact]
    public async Task Secrets_AfterAWholeTask_AreNowhereButWhereTheyBelong()
    {
        // The check prints all it can find out about its surroundings, and the model is shown it.
        var curious = TestRepository.PolicyWithoutApproval.Replace(
            "run: sh tests/run.sh", "run: env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; sh tests/run.sh", StringComparison.Ordinal);
        var repository = await service.OpenRepositoryAsync("discreet", (".github/coding-agent.yml", curious));
        var hunt = new SecretHunt(service.Stage);
        var told = new ConcurrentQueue<string>();
        service.Stage.Tap.Fault = (_, text) =>
        {
            told.Enqueue(text);
            return null;
        };
        await using (var watch = new CommandLineWatch(hunt.Needles))
        {
            var issue = await repository.OpenIssueAsync("agent:implement");
            var pull = await repository.PullAsync();
            await repository.ReadyPullAsync(pull);
            await repository.TaskInStateAsync(repository.TaskIdOf(issue), "AwaitingReview");
            watch.Seen.ShouldContain(line => line.StartsWith("git ", StringComparison.Ordinal) && line.Contains(" push ", StringComparison.Ordinal));
            watch.Betrayed.ShouldBeEmpty();
        }

        service.Stage.Tap.Fault = null;
        told.ShouldContain(text => text.Contains("PATH=", StringComparison.Ordinal));
        told.SelectMany(text => hunt.In("a request to the model", Encoding.UTF8.GetBytes(text))).ShouldBeEmpty();
        hunt.InDeliveries().ShouldBeEmpty();
        (await hunt.InGitObjectsAsync()).ShouldBeEmpty();

        // A service that runs keeps others out of its files.
        await service.KillServiceAsync();
        File.Exists(Path.Combine(service.Stage.ServiceDirectory, "bot.db")).ShouldBeTrue();
        File.Exists(Path.Combine(service.Stage.ServiceDirectory, "temporal.db")).ShouldBeTrue();
        hunt.InFiles(service.Stage.ServiceDirectory).ShouldBeEmpty();
        hunt.InFiles(service.Stage.LogDirectory).ShouldBeEmpty();
        OpenToOthers(service.Stage.ServiceDirectory).ShouldBeEmpty();
        await service.StartServiceAsync();
    }

    // Below the folders left out lies what repositories and their commands made, with the modes they gave it; the folders keep others out.
    private static IReadOnlyList<string> OpenToOthers(string data)
    {
        string[] left = ["git/workspaces/*", "git/layers/*", "git/trees/*", "git/views/*", "layers/*"];
        var start = new System.Diagnostics.ProcessStartInfo(
            "find", [data, "(", .. left.SelectMany((l, i) => (string[])[.. i == 0 ? [] : (string[])["-o"], "-path", $"{data}/{l}"]), ")", "-prune", "-o", "-perm", "/077", "!", "-type", "l", "-print"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var find = System.Diagnostics.Process.Start(start)!;
        var found = find.StandardOutput.ReadToEnd();
        find.WaitForExit();
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
