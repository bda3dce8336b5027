using System.Text.Json;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>CI that is more than green or red, through the whole workflow.</summary>
public sealed class CiFlowTests
{
    private const string Policy = "version: 1\nplan: { approval: never }\n";

    [Fact]
    public async Task Ci_GreenJobBesideARedOneOfItsName_IsRed()
    {
        await using var task = await PublishedAsync(Policy);
        task.Forge.AddCi(task.Head, task.Forge.Job("test", CiState.Failed, "unit"), "--- FAIL: TestPay (0.00s)");
        task.Forge.AddCi(task.Head, task.Forge.Job("test", CiState.Passed, "docs") with { Suite = 9 });
        await WakeAsync(task);
        var red = (await FeedbackAsync(task)).FailedCi.Single();
        red.Name.ShouldBe("unit / test");
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsDraft.ShouldBeTrue();
    }

    [Fact]
    public async Task Ci_RedJobWithoutOutput_ShowsTheFixerItsLogsTellingLines()
    {
        await using var task = await PublishedAsync(Policy);
        var log = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"2026-11-30T20:13:07.1234567Z step {i} is fine\n"))
            + "2026-11-30T20:13:07.1234567Z --- FAIL: TestPay (0.00s)\n2026-11-30T20:13:07.1234567Z     pay_test.go:12: got 1, want 2\n"
            + $"2026-11-30T20:13:07.1234567Z error: deploy key is ghp_{new string('a', 36)}\n"
            + "2026-11-30T20:13:07.1234567Z ##[error]Process completed with exit code 1.\n";
        task.Forge.AddCi(task.Head, task.Forge.Job("test", CiState.Failed) with { Summary = "" }, log);
        task.Forge.AddCi(task.Head, task.Forge.Job("lint", CiState.Failed) with { Summary = "" }, "", "its log has expired");
        await WakeAsync(task);
        var red = (await FeedbackAsync(task)).FailedCi;
        var test = red.Single(r => r.Name == "test").Output;
        test.ShouldStartWith("Failed tests:\n- TestPay\n");
        test.ShouldContain("pay_test.go:12: got 1, want 2");
        test.ShouldNotContain("T20:13:07");
        test.ShouldNotContain("ghp_");
        test.Length.ShouldBeLessThanOrEqualTo(8_000);
        red.Single(r => r.Name == "lint").Output.ShouldContain("its log has expired");
    }

    [Fact]
    public async Task Ci_Cancelled_IsRunOnceMoreAndNeverMended()
    {
        await using var task = await PublishedAsync(Policy);
        await task.CiAsync(CiState.Cancelled, "slow");
        await task.UntilAsync(() => task.Forge.Reruns.Count == 1, "a re-run");
        await task.UntilAsync(t => t.Step == "CI is running", "the new try");
        task.Forge.EndCi(task.Head, "slow", CiState.Cancelled);
        await WakeAsync(task);
        var told = await task.UntilAsync(t => t.Step == "CI has come to no verdict", "the words");
        (told.State, told.Reason).ShouldBe((TaskState.AwaitingCi, "CI is neither green nor red. slow was cancelled: somebody has to run it again."));
        task.Forge.Comments(task.Pull).ShouldContain(c => c.Contains("About CI") && c.Contains("slow was cancelled"));
        // The slow sweep finds what a person did about it, and no event said.
        task.Forge.SetCi(task.Head, ("slow", CiState.Passed));
        await task.AdvanceAsync(TimeSpan.FromMinutes(6));
        await task.UntilAsync(TaskState.AwaitingReview);
        task.Forge.Reruns.ShouldBe(["slow"]);
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
        await Histories.KeepAsync(task.Handle, "ci-cancelled-then-green");
    }

    [Fact]
    public async Task Ci_CancelledAndNotToBeRunAgain_IsToldWithWhy()
    {
        await using var task = await PublishedAsync(Policy);
        task.Forge.RefusesRuns = true;
        await task.CiAsync(CiState.Cancelled, "slow");
        await task.UntilAsync(t => t.Step == "CI has come to no verdict", "the words");
        await StatusAsync(task, "slow could not be run again");
        task.Forge.Comments(task.Pull).ShouldContain(c => c.Contains("About CI") && c.Contains("slow could not be run again"));
        await task.CiAsync(CiState.Passed, "slow");
        await task.UntilAsync(TaskState.AwaitingReview);
    }

    [Theory]
    [InlineData(CiState.NeedsPerson, "approve the run")]
    [InlineData(CiState.NotStarted, "workflow file is valid")]
    [InlineData(CiState.Stale, "given up by the forge")]
    public async Task Ci_ThatIsNoDefectOfTheChange_IsToldWithWhatToDo(CiState state, string words)
    {
        await using var task = await PublishedAsync(Policy + "ci: { rerun: never }\n");
        await task.CiAsync(state, "deploy");
        (await task.UntilAsync(t => t.Step == "CI has come to no verdict", "the words")).Reason.ShouldContain(words);
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
        task.Forge.Reruns.ShouldBeEmpty();
        await task.MergeAsync();
        await task.UntilAsync(TaskState.Merged);
    }

    [Fact]
    public async Task Ci_FailedAndPassedOnAReRun_IsFlakyAndNotMended()
    {
        await using var task = await PublishedAsync(Policy + "ci: { rerun: failed }\n");
        await task.CiAsync(CiState.Failed, "browser");
        await task.UntilAsync(() => task.Forge.Reruns.Count == 1, "a re-run");
        task.Forge.EndCi(task.Head, "browser", CiState.Passed);
        await WakeAsync(task);
        await task.UntilAsync(TaskState.AwaitingReview);
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
        await StatusAsync(task, "flaky: browser passed on a re-run");
        task.Forge.Status(7).ShouldNotContain("mended");
        task.Forge.Comments(task.Pull).ShouldContain(c => c.Contains("flaky: browser passed on a re-run"));
        await Histories.KeepAsync(task.Handle, "ci-flaky");
    }

    [Fact]
    public async Task Ci_FailedTwice_GoesToTheFixer()
    {
        await using var task = await PublishedAsync(Policy + "ci: { rerun: failed }\n");
        var first = task.Head;
        await task.CiAsync(CiState.Failed, "browser");
        await task.UntilAsync(() => task.Forge.Reruns.Count == 1, "a re-run");
        task.Forge.EndCi(first, "browser", CiState.Failed);
        await WakeAsync(task);
        await task.UntilAsync(t => t.HeadSha != first && t.State == TaskState.AwaitingCi, "a second head");
        task.Forge.Reruns.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Ci_RedOnTheBaseToo_SendsNobodyAndIsTold()
    {
        await using var task = await PublishedAsync(Policy);
        task.Forge.SetCi(task.Forge.Branches["main"], ("old", CiState.Failed));
        task.Forge.SetCi(task.Head, ("old", CiState.Failed), ("build", CiState.Passed));
        await WakeAsync(task);
        await task.UntilAsync(TaskState.AwaitingReview);
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsDraft.ShouldBeFalse();
        await StatusAsync(task, "old is red on the base too");
        task.Forge.Comments(task.Pull).ShouldContain(c => c.Contains("old is red on the base too"));
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);

        // A person who asks gets it looked at.
        await task.FixAsync();
        (await FeedbackAsync(task)).FailedCi.Single().ShouldSatisfyAllConditions(c => c.Name.ShouldBe("old"), c => c.Outcome.ShouldContain("red on the base too"));
    }

    [Fact]
    public async Task Ci_RedOnTheBaseToo_CountsWhereThePolicySaysSo()
    {
        await using var task = await PublishedAsync(Policy + "ci: { red_on_base: count }\n");
        task.Forge.SetCi(task.Forge.Branches["main"], ("old", CiState.Failed));
        task.Forge.SetCi(task.Head, ("old", CiState.Failed));
        await WakeAsync(task);
        (await FeedbackAsync(task)).FailedCi.Single().Outcome.ShouldBe("failed");
    }

    [Fact]
    public async Task Ci_OfAPersonsPullRequest_IsMeasuredAgainstWhatItGoesInto()
    {
        await using var task = await TaskHarness.StartAsync();
        var head = new string('d', 40);
        task.Forge.OpenPull(12, "feature", head);
        // The head it starts from is no base: what is red there is what the person wants mended.
        task.Forge.SetCi(head, ("build", CiState.Failed));
        task.Forge.SetCi(task.Forge.Branches["main"], ("build", CiState.Passed));
        await task.FixPullAsync(12);
        (await FeedbackAsync(task)).FailedCi.Single().Outcome.ShouldBe("failed");
    }

    [Fact]
    public async Task Ci_ALoneAgreement_LeavesTheDraftOne()
    {
        await using var task = await PublishedAsync(Policy);
        task.Forge.AddCi(task.Head, new CiResult("license/cla", CiState.Failed, false, "not signed", null));
        await WakeAsync(task);
        await task.AdvanceAsync(TimeSpan.FromMinutes(36));
        var waiting = await task.UntilAsync(TaskState.AwaitingReview);
        waiting.Reason.ShouldContain("stays a draft");
        await StatusAsync(task, "license/cla is no CI and waits for a person");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsDraft.ShouldBeTrue();
    }

    [Fact]
    public async Task Ci_NamedChecks_AreWaitedForAndOthersIgnored()
    {
        await using var task = await PublishedAsync(Policy + "ci: { checks: [build] }\n");
        task.Forge.SetCi(task.Head, ("preview", CiState.Failed));
        await WakeAsync(task);
        await task.UntilAsync(t => t.Step.Contains("first CI result"), "waiting for the named one");
        await task.AdvanceAsync(TimeSpan.FromMinutes(31));
        (await task.UntilAsync(TaskState.AwaitingReview)).Reason.ShouldContain("The check build (ci.checks) has not reported");
        task.Forge.SetCi(task.Head, ("preview", CiState.Failed), ("build", CiState.Passed));
        await WakeAsync(task);
        await task.UntilAsync(() => !task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default).Result.IsDraft, "ready");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
    }

    [Fact]
    public async Task Ci_PushTriggersNothing_StartsTheNamedWorkflowOnce()
    {
        await using var task = await PublishedAsync(Policy + "ci: { dispatch: ci.yml }\n");
        await task.UntilAsync(t => t.Step.Contains("first CI result"), "waiting for CI");
        task.Forge.Started.ShouldBeEmpty();
        await task.AdvanceAsync(TimeSpan.FromMinutes(6));
        await task.UntilAsync(() => task.Forge.Started.Count == 1, "a start");
        task.Forge.Started.Single().Workflow.ShouldBe("ci.yml");
        await task.UntilAsync(() => task.Forge.Status(7).Contains("ci.yml was started"), "the words");
        task.Forge.EndCi(task.Head, "job", CiState.Passed);
        await WakeAsync(task);
        await task.UntilAsync(TaskState.AwaitingReview);
        task.Forge.Started.Count.ShouldBe(1);
        await Histories.KeepAsync(task.Handle, "ci-started");
    }

    [Fact]
    public async Task Ci_StartRefused_IsToldAndNotTriedAgain()
    {
        await using var task = await PublishedAsync(Policy + "ci: { dispatch: ci.yml }\n");
        task.Forge.RefusesRuns = true;
        await task.UntilAsync(t => t.Step.Contains("first CI result"), "waiting for CI");
        await task.AdvanceAsync(TimeSpan.FromMinutes(6));
        await task.UntilAsync(() => task.Forge.Status(7).Contains("ci.yml could not be started"), "the words");
        await task.AdvanceAsync(TimeSpan.FromMinutes(40));
        (await task.UntilAsync(TaskState.AwaitingReview)).Reason.ShouldContain("stays a draft");
        task.Forge.Started.ShouldBeEmpty();
    }

    private static async Task<TaskHarness> PublishedAsync(string policy)
    {
        var task = await TaskHarness.StartAsync(policy);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        return task;
    }

    private static async Task WakeAsync(TaskHarness task) =>
        await task.NotifyAsync(new CodingTaskSignal.CiChanged(Guid.NewGuid().ToString("N"), "ci", await task.NowAsync(), task.Head));

    // What people read follows what REST shows.
    private static Task StatusAsync(TaskHarness task, string words) => task.UntilAsync(() => task.Forge.Status(7).Contains(words, StringComparison.Ordinal), words);

    /// <summary>What the fixer was given.</summary>
    private static async Task<ForgeActivities.Feedback> FeedbackAsync(TaskHarness task)
    {
        await task.UntilAsync(() => task.Work.Steps.Any(s => s.Run.Role == AgentRole.Fixer), "the fixer", TimeSpan.FromSeconds(11));
        var id = task.Work.Steps.Last(s => s.Run.Role == AgentRole.Fixer).Work!.FeedbackId!;
        return JsonSerializer.Deserialize<ForgeActivities.Feedback>(await task.Stores.GetAsync(id, default) ?? [])!;
    }
}
