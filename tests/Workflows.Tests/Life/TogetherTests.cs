using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>A task that changes two repositories: one plan, a part and a pull request in each, held back together.</summary>
public sealed class TogetherTests
{
    private const string Asks = "version: 1\nplan: { approval: always }\nrepositories: [acme/lib]\n";
    private const string AsksNot = "version: 1\nplan: { approval: never }\nrepositories: [acme/lib]\n";
    private const string Consents = "version: 1\nplan: { approval: never }\nchanged_from: [acme/shop]\n";

    private static readonly Plan InLib = FakeWork.Plan with { Goal = "The library retries.", Edits = [new("src/Lib.cs", "Retry")], Tests = [new("tests/LibTests.cs", "It does")] };

    [Theory]
    [InlineData(null)]
    [InlineData(12)]
    public async Task TwoRepositories_AreOnePlanAndAPullRequestEach_MadeReadyAndClosedTogether(int? historyLimit)
    {
        await using var task = await StartAsync();
        task.HistoryLimit = historyLimit;
        var lib = task.AddRepository("acme/lib", Consents);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);

        var shown = task.Forge.Comments(7).Single(c => c.Contains("### 🧭 Plan"));
        shown.ShouldContain("`src/A.cs`");
        shown.ShouldContain("#### In `acme/lib`");
        shown.ShouldContain("`src/Lib.cs`");
        var planned = task.Work.Steps.ToArray();
        planned.Select(s => s.Repo.FullName).ShouldBe(["acme/shop", "acme/lib"]);
        planned[1].Sections.ShouldContain(s => s.Title.Contains("acme/shop") && s.Text.Contains("src/A.cs"));
        await task.ApproveAsync();

        var whole = await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        whole.Parts.Select(p => p.Name).ShouldBe(["acme/shop", "acme/lib"]);
        var (inShop, inLib) = (task.Work.Publishes.Single(p => p.Repo == TaskHarness.Repo), task.Work.Publishes.Single(p => p.Repo == lib.Repo));
        inShop.Records!.PartPaths.ShouldBe(["src/A.cs", "tests/ATests.cs"]);
        inShop.Branch.ShouldStartWith("coding-agent/issue-7-");
        inLib.Records!.PartPaths.ShouldBe(["src/Lib.cs", "tests/LibTests.cs"]);
        inLib.Branch.ShouldStartWith("coding-agent/acme-shop-7-");
        inLib.Task.Whole.ShouldBe(task.Id);
        inLib.Records.Plan.ShouldBe(inShop.Records.Plan, "one plan");
        task.Work.Keys.Open<PlanRecord>(inLib.Records.Plan)!.Plan.Others!.Single().Repository.ShouldBe("acme/lib");
        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Coder && s.Repo == lib.Repo).Sections.ShouldContain(s => s.Title == "Planned for the same task in acme/shop");

        // The first that is green stays a draft.
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        (await task.UntilAsync(t => t.State == TaskState.AwaitingReview && t.Reason.Contains("acme/lib"), "it waits for the other")).Reason.ShouldContain("then all are made ready together");
        Draft(task.Forge, task.Pull).ShouldBeTrue();
        await task.UntilAsync(() => Body(task.Forge, task.Pull).StartsWith($"Together with acme/lib#{LibPull(lib)}: ", StringComparison.Ordinal), "it names the other");

        await task.OnPartAsync("2");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(() => !Draft(lib, task.Pull) && !Draft(task.Forge, ShopPull(task.Forge)), "both are made ready");
        await task.UntilAsync(() => Body(lib, task.Pull).StartsWith($"Together with acme/shop#{ShopPull(task.Forge)}: ", StringComparison.Ordinal), "it names the other");

        foreach (var key in (string[])["2", "1"])
        {
            await task.OnPartAsync(key);
            await task.UntilAsync(TaskState.AwaitingReview);
            (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeTrue();
            await task.MergeAsync();
            await task.ResultAsync();
        }

        await task.OnPartAsync(null);
        (await task.UntilAsync(TaskState.Merged)).Reason.ShouldBe("Of the parts 2 merged.");
        (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeFalse();
        if (historyLimit is not null)
            return;
        await Histories.KeepAsync(task.Handle, "together-merged");
        await task.OnPartAsync("2");
        await Histories.KeepAsync(task.Handle, "together-part-elsewhere");
    }

    [Fact]
    public async Task OneThatIsClosed_HoldsTheOthersUntilAPersonTakesWhatIsThere()
    {
        await using var task = await StartAsync(AsksNot);
        var lib = task.AddRepository("acme/lib", Consents);
        await task.LabelAsync();
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        var shop = task.Pull;
        await task.OnPartAsync("2");
        await task.UntilAsync(TaskState.AwaitingCi);
        var there = task.Pull;
        await task.ClosePullAsync();

        await task.OnPartAsync("1");
        var held = await task.UntilAsync(t => t.Reason.Contains("/agent finish on acme/shop#7", StringComparison.Ordinal), "it says why it is held");
        held.Reason.ShouldContain("acme/lib (closed)");
        Draft(task.Forge, shop).ShouldBeTrue();
        await task.OnPartAsync(null);
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("Held back") && c.Contains("acme/lib (closed)")), "people are told");
        await task.UntilAsync(TaskState.AwaitingReview);

        await task.CommandAsync(new AgentCommand.Finish());
        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann; of the parts 1 stopped, 1 closed");
        Draft(task.Forge, shop).ShouldBeFalse("what is green is made ready");
        (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeTrue();
        (await lib.GetPullAsync(lib.Repo, there, default)).IsMerged.ShouldBeFalse();
        await Histories.KeepAsync(task.Handle, "together-broken-off-finished");
        await task.OnPartAsync("1");
        await Histories.KeepAsync(task.Handle, "together-part-held-then-finished");
    }

    [Fact]
    public async Task OneThatFails_NeverMakesTheOtherReady()
    {
        await using var task = await StartAsync(AsksNot);
        task.AddRepository("acme/lib", Consents + "limits: { ci_attempts: 0 }\n");
        await task.LabelAsync();
        task.Work.NextAsync(AgentRole.Coder, step => Task.FromResult(FakeWork.Done(step, FakeWork.Report, task.Work.NewTree())));
        task.Work.Next(AgentRole.Coder, step => new(AgentActivities.AgentStepOutcome.Failed, FakeWork.Spent(step), null, null, "It cannot be done."));
        var whole = await task.UntilAsync(t => t.Parts.Any(p => p.State == "failed"), "one fails");
        var other = whole.Parts.Single(p => p.State != "failed");
        await task.OnPartAsync(whole.Parts.ToList().IndexOf(other) == 0 ? "1" : "2");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(t => t.State == TaskState.AwaitingReview && t.Reason.Contains("(failed)", StringComparison.Ordinal), "it is held with words");
        Draft(task.Here, task.Pull).ShouldBeTrue();
    }

    [Fact]
    public async Task Stop_OfTheWhole_LeavesAllAsDrafts()
    {
        await using var task = await StartAsync(AsksNot);
        var lib = task.AddRepository("acme/lib", Consents);
        await task.LabelAsync();
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        await task.StopAsync();
        await task.UntilAsync(TaskState.Stopped);
        foreach (var key in (string[])["1", "2"])
        {
            await task.OnPartAsync(key);
            await task.UntilAsync(TaskState.Stopped);
        }

        Draft(task.Forge, ShopPull(task.Forge)).ShouldBeTrue();
        Draft(lib, LibPull(lib)).ShouldBeTrue();
    }

    [Fact]
    public async Task NothingPlannedElsewhere_IsATaskOfOneRepository()
    {
        await using var task = await StartAsync(AsksNot);
        var lib = task.AddRepository("acme/lib", Consents);
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan));
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [], Tests = [], Questions = ["Which version?"] }));
        await task.LabelAsync();
        var published = await task.UntilAsync(TaskState.AwaitingCi);
        published.Parts.ShouldBeEmpty();
        published.Plan!.Plan.Others.ShouldBeNull();
        published.Plan.Plan.Questions.ShouldBe(["acme/lib: Which version?"]);
        task.Work.Publishes.ShouldHaveSingleItem().Records!.PartPaths.ShouldBeNull();
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(() => !Draft(task.Forge, task.Pull), "it waits for nobody");
        lib.Branches.Keys.ShouldBe(["main"]);
    }

    [Fact]
    public async Task NothingPlannedHere_IsAPartElsewhereAlone()
    {
        await using var task = await StartAsync(AsksNot);
        var lib = task.AddRepository("acme/lib", Consents);
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [], Tests = [] }));
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, InLib));
        await task.LabelAsync();
        (await task.UntilAsync(t => t.Parts.Any(p => p.Pull is not null), "a pull request")).Parts.ShouldHaveSingleItem().Name.ShouldBe("acme/lib");
        await task.OnPartAsync("1");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(() => !Draft(lib, task.Pull), "it waits for nobody");
    }

    [Fact]
    public async Task OneRepositoryThatAsks_AsksForTheWhole()
    {
        await using var task = await StartAsync(AsksNot);
        task.AddRepository("acme/lib", Consents.Replace("never", "always", StringComparison.Ordinal));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).Single(c => c.Contains("### 🧭 Plan")).ShouldContain("acme/lib: the policy asks for every plan");
    }

    [Fact]
    public async Task Approval_OfSomebodyWhoMayNotWriteElsewhere_DoesNotCount()
    {
        await using var task = await StartAsync();
        var lib = task.AddRepository("acme/lib", Consents);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        lib.Access["ann"] = AccessLevel.Read;
        await task.ApproveAsync();
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("no write access to acme/lib")), "it is refused in words");
        task.Work.Publishes.ShouldBeEmpty();
        lib.Access["ann"] = AccessLevel.Write;
        await task.ApproveAsync();
        await task.UntilAsync(t => t.Parts.Count == 2, "it counts now");
    }

    [Theory]
    [InlineData("the feature is off", "are off in this service")]
    [InlineData("no consent", "does not name acme/shop under 'changed_from'")]
    [InlineData("consent to another", "does not name acme/shop under 'changed_from'")]
    [InlineData("a policy that cannot be used", "cannot be used")]
    [InlineData("no such repository", "that the same people may read")]
    [InlineData("archived", "it is archived")]
    [InlineData("the bot may only read", "my account has no write access to it")]
    [InlineData("who asked may only read", "ann has no write access to it")]
    [InlineData("the one is public", "that the same people may read")]
    [InlineData("the forge does not say who may read", "that the same people may read")]
    public async Task RepositoryThatMayNotBeChanged_IsLeftOutWithWords(string what, string words)
    {
        await using var task = await StartAsync(AsksNot, multiRepo: what != "the feature is off");
        if (what != "no such repository")
        {
            var lib = task.AddRepository("acme/lib", what switch
            {
                "no consent" => "version: 1\n",
                "consent to another" => "version: 1\nchanged_from: [acme/shop2, other/shop]\n",
                "a policy that cannot be used" => "version: 1\nchanged_from: acme/shop\n",
                _ => Consents,
            });
            lib.IsArchived = what == "archived";
            lib.MayWrite = what == "the bot may only read" ? false : null;
            lib.Access["ann"] = what == "who asked may only read" ? AccessLevel.Read : AccessLevel.Write;
            lib.Visibility = what switch { "the one is public" => RepositoryVisibility.Public, "the forge does not say who may read" => null, _ => RepositoryVisibility.Private };
        }

        await task.LabelAsync();
        var published = await task.UntilAsync(TaskState.AwaitingCi);
        published.Parts.ShouldBeEmpty();
        published.Warnings.ShouldHaveSingleItem().ShouldContain(words);
        task.Forge.Status(7).ShouldContain(words.Replace("_", "\\_", StringComparison.Ordinal));
        task.Work.Steps.ShouldAllBe(s => s.Repo == TaskHarness.Repo);
    }

    [Fact]
    public async Task Names_InOtherLetters_AreTheSameRepositories()
    {
        await using var task = await StartAsync(AsksNot.Replace("acme/lib", "Acme/LIB, acme/lib", StringComparison.Ordinal));
        task.AddRepository("acme/lib", Consents.Replace("acme/shop", "ACME/Shop", StringComparison.Ordinal));
        await task.LabelAsync();
        var whole = await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        whole.Warnings.ShouldBeEmpty();
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Planner).ShouldBe(2);
    }

    [Fact]
    public async Task NoCi_IsGreenOncePublished()
    {
        await using var task = await StartAsync(AsksNot + "ci: none\n");
        var lib = task.AddRepository("acme/lib", Consents + "ci: none\n");
        await task.LabelAsync();
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        await task.UntilAsync(() => !Draft(task.Forge, ShopPull(task.Forge)) && !Draft(lib, LibPull(lib)), "both are made ready");
    }

    [Fact]
    public async Task OneThatIsClosedAfterAllWereReady_IsToldOnTheOthers()
    {
        await using var task = await StartAsync(AsksNot + "ci: none\n");
        var lib = task.AddRepository("acme/lib", Consents + "ci: none\n");
        await task.LabelAsync();
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        await task.UntilAsync(() => !Draft(task.Forge, ShopPull(task.Forge)) && !Draft(lib, LibPull(lib)), "both are made ready");
        await task.OnPartAsync("2");
        await task.ClosePullAsync();
        await task.OnPartAsync("1");
        await task.UntilAsync(t => t.Reason.Contains("acme/lib (closed)", StringComparison.Ordinal), "it says so before anybody merges it");
        await task.MergeAsync();
        await task.OnPartAsync(null);
        (await task.UntilAsync(TaskState.Closed)).Reason.ShouldBe("Of the parts 1 merged, 1 closed.");
        (await task.Forge.GetIssueAsync(TaskHarness.Repo, Subject.Issue(7), default)).IsOpen.ShouldBeTrue("half of it is not what was asked for");
    }

    [Fact]
    public async Task Part_ThatWantsAnotherPlan_IsToldThatItHasNone()
    {
        await using var task = await StartAsync(AsksNot);
        task.AddRepository("acme/lib", Consents);
        task.Work.Next(AgentRole.Coder, step => new(AgentActivities.AgentStepOutcome.HandedOff, FakeWork.Spent(step), null, "{\"reason\":\"wider\"}") { Handoff = new("planner", 2) });
        await task.LabelAsync();
        await task.UntilAsync(t => t.Parts.Count == 2 && t.Parts.All(p => p.Pull is not null), "two pull requests");
        task.Work.Steps.ShouldContain(s => s.Run.RefusedHandoffs.Any(r => r.Reason.Contains("a part of a task makes no other plan", StringComparison.Ordinal)));
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Planner).ShouldBe(2);
    }

    [Fact]
    public async Task PlanRejected_IsMadeAnewInEach()
    {
        await using var task = await StartAsync();
        task.AddRepository("acme/lib", Consents);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.RejectAsync("too wide");
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("(version 2)")), "a second plan");
        var again = task.Work.Steps.TakeLast(2).ToArray();
        again.Select(s => (s.Repo.FullName, s.Plan!.Goal, s.ReplanReason.Contains("too wide"))).ShouldBe([("acme/shop", FakeWork.Plan.Goal, true), ("acme/lib", InLib.Goal, true)]);
    }

    [Fact]
    public async Task RepositoryThatCannotBeSetUp_StopsTheWholeBeforeAModelIsAsked()
    {
        await using var task = await StartAsync(AsksNot);
        var lib = task.AddRepository("acme/lib", Consents);
        task.Work.ProblemIn = (lib.Repo, new("No checks are known.", "Name them.", []));
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldStartWith("In acme/lib, which this task may change too: No checks are known.");
        task.Work.Steps.ShouldBeEmpty();
    }

    private static async Task<TaskHarness> StartAsync(string policy = Asks, bool multiRepo = true)
    {
        var task = await TaskHarness.StartAsync(policy, multiRepo: multiRepo);
        task.Work.Elsewhere = InLib;
        return task;
    }

    private static bool Draft(FakeForge forge, int pull) => forge.GetPullAsync(forge.Repo, pull, default).Result.IsDraft;

    private static string Body(FakeForge forge, int pull) => forge.GetPullAsync(forge.Repo, pull, default).Result.Body;

    private static int LibPull(FakeForge lib) => PullOf(lib, "coding-agent/acme-shop-7-");

    private static int ShopPull(FakeForge shop) => PullOf(shop, "coding-agent/issue-7-");

    private static int PullOf(FakeForge forge, string prefix) =>
        forge.FindPullByBranchAsync(forge.Repo, forge.Branches.Keys.Single(b => b.StartsWith(prefix, StringComparison.Ordinal)), default).Result!.Number;
}
