using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;

namespace CodingAgent.Workflows.Tests.Flows.Upgrade;

/// <summary>An upgrade in parts: a pull request for each batch, the canaries' first, and a draft for each module that the new version breaks.</summary>
public sealed class UpgradePartsTests
{
    private const string Asks = "version: 1\nplan: { approval: never }\ndanger: { dependencies: allow }\n";
    private const string InTwos = Asks + "upgrade: { batch: 2 }\n";
    private const string WithCanary = Asks + "upgrade: { batch: 2, canary: [api] }\n";

    private static readonly string[] Four = ["api", "core", "jobs", "web"];

    [Theory]
    [InlineData(null)]
    [InlineData(12)]
    public async Task Batches_AllGreen_AreAPullRequestEachAndTheTaskEndsWithTheLastOne(int? historyLimit)
    {
        await using var task = await StartAsync(InTwos);
        task.HistoryLimit = historyLimit;
        await LabelAsync(task);
        var firstRun = (await task.UntilAsync(_ => true, "it begins")).RunId;
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.Parts.All(p => p.Pull is not null), "both pull requests");

        task.Work.Publishes.Select(p => p.Report.Title).ShouldBe(["build(deps): upgrade Serilog to 2.0.0 (batch 1 of 2)", "build(deps): upgrade Serilog to 2.0.0 (batch 2 of 2)"], ignoreOrder: true);
        task.Work.Upgrades.Makes.ShouldAllBe(m => m.From == null);
        foreach (var publish in task.Work.Publishes)
        {
            publish.Task.Whole.ShouldBe(task.Id);
            publish.Branch.ShouldStartWith("coding-agent/issue-7-");
            publish.Records!.PartPaths!.Count.ShouldBe(2);
        }

        foreach (var key in (string[])["1", "2"])
        {
            await task.OnPartAsync(key);
            await task.UntilAsync(TaskState.AwaitingCi);
            await task.CiAsync(CiState.Passed);
            await task.UntilAsync(TaskState.AwaitingReview);
            await task.MergeAsync();
            await task.ResultAsync();
        }

        await task.OnPartAsync(null);
        var end = await task.UntilAsync(TaskState.Merged);
        end.Reason.ShouldBe("Of the parts 2 merged.");
        (end.RunId != firstRun).ShouldBe(historyLimit is not null);
        (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeFalse();
        var status = task.Forge.Comments(7).Single(c => c.Contains("| Part | State |"));
        status.ShouldContain("batch 1 of 2: api, core");
        if (historyLimit is null)
            await Histories.KeepAsync(task.Handle, "upgrade-parts-merged");
        await task.OnPartAsync("2");
        if (historyLimit is null)
            await Histories.KeepAsync(task.Handle, "upgrade-part-of-a-batch");
    }

    [Fact]
    public async Task Canary_NotYetGreen_KeepsTheOthersFromBeginning()
    {
        await using var task = await StartAsync(WithCanary);
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);

        (await task.OnPartAsync(null)).Work.Publishes.ShouldHaveSingleItem().Report.Title.ShouldContain("(canaries)");
        (await task.UntilAsync(TaskState.AwaitingCi)).Parts.Count(p => p.Id is not null).ShouldBe(1);
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        await task.OnPartAsync(null);
        await task.UntilAsync(t => t.Parts.All(p => p.Pull is not null), "the others begin");
    }

    [Fact]
    public async Task Culprit_MendedAlone_IsAPullRequestOfItsOwnAndTheRestIsNotHeldUp()
    {
        await using var task = await StartAsync(Asks, breaks: ["jobs"]);
        await LabelAsync(task);
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");

        var batch = task.Work.Publishes.Single(p => p.Task.Part!.EndsWith("-1", StringComparison.Ordinal));
        batch.Report.ToString().ShouldContain("in 3 modules: api, core, web. Taken apart: jobs (red alone, with nothing else changed).");
        batch.Records!.PartPaths.ShouldBe(["api/api.csproj", "core/core.csproj", "jobs/jobs.csproj", "web/web.csproj"]);
        var alone = task.Work.Publishes.Single(p => p.Task.Part!.EndsWith("-2", StringComparison.Ordinal));
        alone.Report.ToString().ShouldContain("Calls were mended in jobs.");
        alone.Records!.PartPaths.ShouldBe(["jobs/jobs.csproj"]);
        task.Work.Upgrades.RedOf(alone.Snapshot!).ShouldBeNull();
        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Task.ShouldBe(alone.Task);
    }

    [Fact]
    public async Task Culprit_ThatStaysRed_StandsAloneInADraftWithItsOutputAndIsNeverMadeReady()
    {
        await using var task = await StartAsync(Asks, breaks: ["jobs"]);
        Hopeless(task);
        await LabelAsync(task);
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");

        await task.OnPartAsync("2");
        await task.UntilAsync(TaskState.AwaitingReview);
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(2);
        var told = task.Forge.Comments(task.Pull).Single(c => c.Contains("I stopped here"));
        told.ShouldContain("jobs cannot have Serilog 2.0.0 as it is: red alone, with nothing else changed.");
        told.ShouldContain("jobs: no such method");
        var red = task.Work.Publishes.Single(p => p.Task == task.Id);
        red.Report.Summary.ShouldStartWith("Not to be merged as it is.");
        task.Work.Upgrades.RedOf(red.Snapshot!).ShouldNotBeNull();
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(() => task.Forge.Comments(task.Pull).Count > 0, "the result is read");
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsDraft.ShouldBeTrue();
        await Histories.KeepAsync(task.Handle, "upgrade-part-culprit-shown-red");

        // Somebody mends it by hand: what CI says of that counts.
        await task.PushAsync(new string('d', 40));
        await task.UntilAsync(t => t.HeadSha == new string('d', 40), "the push is adopted");
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(() => !task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default).Result.IsDraft, "it is made ready");
        await task.OnPartAsync(null);
        await Histories.KeepAsync(task.Handle, "upgrade-parts-with-a-culprit");
    }

    [Fact]
    public async Task Canary_ThatStaysRed_KeepsTheOthersUntilItIsClosed()
    {
        await using var task = await StartAsync(WithCanary, ["api"]);
        Hopeless(task);
        await LabelAsync(task);
        await task.UntilAsync(t => t.State == TaskState.AwaitingReview, "nothing can go on without a person");

        (await task.UntilAsync(TaskState.AwaitingReview)).Parts.Select(p => p.State).ShouldBe(["taken apart", "waits", "waits", "a draft that needs a person"]);
        await task.OnPartAsync("4");
        await task.UntilAsync(TaskState.AwaitingReview);
        await task.ClosePullAsync();
        await task.OnPartAsync(null);
        var end = await task.UntilAsync(TaskState.Closed);
        end.Parts.Select(p => p.State).ShouldBe(["taken apart", "not begun", "not begun", "closed"]);
        task.Work.Publishes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Stop_OfTheWhole_StopsItsPartsAndLeavesTheirPullRequests()
    {
        await using var task = await StartAsync(InTwos);
        await LabelAsync(task);
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.Parts.All(p => p.Pull is not null), "both pull requests");
        await task.StopAsync();

        await task.UntilAsync(TaskState.Stopped);
        foreach (var key in (string[])["1", "2"])
        {
            await task.OnPartAsync(key);
            (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("stopped by ann");
            (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsOpen.ShouldBeTrue();
        }

        await task.OnPartAsync(null);
        await Histories.KeepAsync(task.Handle, "upgrade-parts-stopped");
    }

    [Fact]
    public async Task Cancel_OfTheWholeThroughTemporal_StopsItsPartsToo()
    {
        await using var task = await StartAsync(InTwos);
        await LabelAsync(task);
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.Parts.All(p => p.Pull is not null), "both pull requests");
        await task.Handle.CancelAsync();

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("cancelled by the operator");
        await task.OnPartAsync("1");
        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("cancelled by the operator");
    }

    [Fact]
    public async Task Finish_OfTheWhole_TakesWhatIsThereAndBeginsNothingMore()
    {
        await using var task = await StartAsync(WithCanary);
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CommandAsync(new AgentCommand.Finish());

        var end = await task.UntilAsync(TaskState.Stopped);
        end.Reason.ShouldBe("finished by ann; of the parts 1 stopped, 2 not begun");
        task.Work.Publishes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Part_ClosedByAPerson_IsGivenUpAloneAndTheOthersGoOn()
    {
        await using var task = await StartAsync(InTwos);
        await LabelAsync(task);
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.Parts.All(p => p.Pull is not null), "both pull requests");
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.ClosePullAsync();
        await task.UntilAsync(TaskState.Closed);
        await task.OnPartAsync("2");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.MergeAsync();

        await task.OnPartAsync(null);
        (await task.UntilAsync(TaskState.Merged)).Reason.ShouldBe("Of the parts 1 closed, 1 merged.");
        (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task Words_ToTheWhole_AreAnsweredWithWhereToSayThem()
    {
        await using var task = await StartAsync(InTwos);
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CommentAsync("Mention it in the changelog.");

        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("carried out in parts")), "the answer");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
    }

    [Fact]
    public async Task Parallel_One_WorksOnOnePartAtATime()
    {
        var began = 0;
        var most = 0;
        await using var task = await StartAsync(Asks + "upgrade: { batch: 1, parallel: 1 }\n");
        task.Work.Upgrades.Before = async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref began));
            await Task.Yield();
            Interlocked.Decrement(ref began);
        };
        await LabelAsync(task);
        await task.UntilAsync(t => t.Parts.Count == 4 && t.Parts.All(p => p.Pull is not null), "four pull requests");
        most.ShouldBe(1);
    }

    [Fact]
    public async Task MaxOpen_Reached_WaitsUntilOneIsOver()
    {
        await using var task = await StartAsync(Asks + "upgrade: { batch: 2, max_open: 1 }\n");
        await LabelAsync(task);
        await task.UntilAsync(TaskState.AwaitingCi);
        (await task.UntilAsync(TaskState.AwaitingCi)).Parts.Select(p => p.State).ShouldBe(["waits for CI", "waits"]);
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.MergeAsync();

        await task.OnPartAsync(null);
        await task.UntilAsync(t => t.Parts[1].Pull is not null, "the second begins");
    }

    [Fact]
    public async Task Newer_Upgrade_ClosesOlderPullRequestsWhosePlacesItCoversAndEndsTheirTasks()
    {
        await using var task = await StartAsync(InTwos);
        await LabelAsync(task);
        await task.UntilAsync(t => t.Parts.All(p => p.Pull is not null) && t.State == TaskState.AwaitingCi, "the older pull requests");
        foreach (var key in (string[])["1", "2"])
        {
            await task.OnPartAsync(key);
            await task.UntilAsync(TaskState.AwaitingCi);
        }

        // The newer one leaves a module where it is, so the pull request of its batch stays.
        task.Work.Upgrades.Modules = ["api", "core", "jobs"];
        await task.LabelAsync("Upgrade Serilog", words: "Serilog to 3.0.0", kind: TaskKind.Upgrade, number: 8);
        await task.UntilAsync(t => t.Parts.All(p => p.Pull is not null) && t.State == TaskState.AwaitingCi, "the newer pull requests");

        await task.OnPartAsync("1");
        var newer = (await task.UntilAsync(TaskState.AwaitingCi)).Pull;
        task.OnTask(7);
        await task.OnPartAsync("1");
        var older = await task.UntilAsync(TaskState.Closed);
        older.Reason.ShouldBe($"#{newer} takes its place (Serilog 3.0.0)");
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsOpen.ShouldBeFalse();
        task.Forge.Comments(task.Pull).ShouldContain(c => c.StartsWith($"#{newer} takes Serilog to ", StringComparison.Ordinal));
        await task.OnPartAsync("2");
        (await task.UntilAsync(TaskState.AwaitingCi)).Pull.ShouldNotBeNull();
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).IsOpen.ShouldBeTrue();
    }

    [Theory]
    [InlineData("package-lock.json", true)]
    [InlineData("api/api.csproj", true)]
    [InlineData("src/A.cs", false)]
    public async Task Base_ThatConflictsWithAPart_IsFollowedByCodeWhereCodeWroteTheFile(string conflict, bool byCode)
    {
        await using var task = await StartAsync(Asks);
        await LabelAsync(task);
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(TaskState.AwaitingReview);
        var made = task.Work.Upgrades.Makes.Count;
        var merged = task.Work.NewTree();
        task.Work.MovedBase = new BaseActivities.BaseReading("main", new string('e', 40))
        {
            IsMoved = true,
            Snapshot = merged,
            Conflicts = [new MergeConflict(conflict, $"CONFLICT (content): Merge conflict in {conflict}")],
            Policy = PolicyParser.Parse(Asks).Policy,
        };
        await task.AdvanceAsync(TimeSpan.FromHours(4));
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the new head", TimeSpan.FromMinutes(1));

        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(byCode ? 0 : 1);
        task.Work.Upgrades.Makes.Count.ShouldBe(byCode ? made + 1 : made);
        if (byCode)
            task.Work.Upgrades.Makes.Last().ShouldSatisfyAllConditions(m => m.From.ShouldBe(merged), m => m.BaseSha.ShouldBe(new string('e', 40)), m => m.Resets.ShouldContain(conflict));
    }

    [Fact]
    public async Task Mending_ThatTheBudgetDoesNotReachFor_LeavesTheDraftAllTheSame()
    {
        await using var task = await StartAsync(Asks, ["jobs"]);
        task.Work.Next(AgentRole.Fixer, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.BudgetExhausted, FakeWork.Spent(step), null, null, "The agent has used its share."));
        await LabelAsync(task);
        await task.OnPartAsync("2");
        await task.UntilAsync(TaskState.AwaitingReview);

        var red = task.Work.Publishes.Single(p => p.Task == task.Id);
        red.Report.Summary.ShouldContain("its calls are not mended: The agent has used its share.");
        // What it may use is its share of the policy's limits.
        var step = task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer);
        step.Budget.CostUsd.ShouldBeLessThan(new RepositoryPolicy().Limits.CostUsd / 2);
        step.Budget.CostUsd.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Finish_InTheMiddleOfABatch_ShipsWhatIsGreenAndNamesTheRestOnTheIssue()
    {
        await using var task = await StartAsync(Asks, ["jobs"]);
        // The first half is green by then.
        task.Work.Upgrades.Before = step => step.Paths.Count == 2 ? task.CommandAsync(new AgentCommand.Finish()) : Task.CompletedTask;
        await LabelAsync(task);

        (await task.UntilAsync(TaskState.Stopped)).Parts.ShouldHaveSingleItem();
        task.Work.Publishes.ShouldHaveSingleItem().Report.ToString().ShouldContain("in 2 modules: api, core.");
        task.Forge.Comments(7).Single(c => c.Contains("Not upgraded to 2.0.0")).ShouldContain("**jobs, web**: not tried to the end: ann finished the task");
    }

    [Fact]
    public async Task Manifest_ThatCannotBeWritten_IsNamedInTheStatusAndHasNoPullRequest()
    {
        await using var task = await StartAsync(Asks);
        task.Work.Upgrades.Refuses = ["web"];
        await LabelAsync(task);
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.Parts.Count == 2, "the rest is published");
        await task.UntilAsync(t => t.Parts[1].State == "failed", "the module is given up");

        task.Work.Publishes.ShouldHaveSingleItem().Report.ToString().ShouldContain("in 3 modules: api, core, jobs.");
        // The projection comes first, the comment after it.
        await task.UntilAsync(() => task.Forge.Status(7).Contains("web stays as it is: web/web.csproj could not be written anew", StringComparison.Ordinal), "the status says so");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
    }

    [Fact]
    public async Task Base_ThatHasTheVersionAlready_LeavesNothingToPublish()
    {
        await using var task = await StartAsync(Asks);
        task.Work.Upgrades.MakesNothing = true;
        await LabelAsync(task);
        await task.UntilAsync(TaskState.Merged);

        task.Work.Publishes.ShouldBeEmpty();
        await task.OnPartAsync("1");
        (await task.UntilAsync(TaskState.Merged)).Reason.ShouldBe("the base has the new version here already");
    }

    private static void Hopeless(TaskHarness task)
    {
        for (var i = 0; i < 2; i++)
            task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, task.Work.Upgrades.NoBetter(step)));
    }

    private static async Task<TaskHarness> StartAsync(string policy, IReadOnlyList<string>? breaks = null)
    {
        var task = await TaskHarness.StartAsync(policy);
        task.Work.Upgrades.Modules = Four;
        task.Work.Upgrades.Breaks = breaks ?? [];
        return task;
    }

    private static Task LabelAsync(TaskHarness task) => task.LabelAsync("Upgrade Serilog", words: "Serilog to 2.0.0", kind: TaskKind.Upgrade);
}
