using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>Plans wait for a person where they are risky, and changes where they turn out to be.</summary>
public sealed class RiskFlowTests
{
    private const string Hooks = "runs on a developer's machine, or decides what runs there";

    private static GateVerdict Asks(params string[] paths) =>
        new("risk", false, "Needs a person's word.") { Asks = [.. paths.Select(p => new RiskyFile(p, Hooks))] };

    [Fact]
    public async Task Plan_OfOrdinaryFiles_GoesOnWithoutAPersonAndSaysWhy()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Stores.States.ShouldNotContain(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("**No approval needed:**") && c.Contains("Work goes on."));
        task.Work.Publishes.Single().Records!.Approval.ShouldBeNull();
        await Histories.KeepAsync(task.Handle, "plan-not-risky");
    }

    [Theory]
    [InlineData("", "package.json", "declares dependencies")]
    [InlineData("", "Dockerfile", "is infrastructure")]
    [InlineData("version: 1\nplan: { approval: never }\n", "AGENTS.md", "instructs agents")]
    public async Task Plan_OfAFileThatActsByItself_WaitsWhateverThePolicySaysOfPlans(string policy, string path, string words)
    {
        await using var task = await TaskHarness.StartAsync(policy);
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new(path, "Needed")] }));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("**Needs approval because**") && c.Contains($"`{path}` {words}"));
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
    }

    [Fact]
    public async Task Plan_WithFilesWhereThereWereNone_OrTooMany_Waits()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan) with { OutsideRoots = ["tools/new.js"] });
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [.. Enumerable.Range(0, 15).Select(i => new PlannedEdit($"src/{i}.cs", "x"))] }));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("`tools/new.js` is a new file where the repository had none of its kind"));
        await task.RejectAsync("elsewhere");
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("it names 16 files (more than 15)")), "the second plan");
    }

    [Fact]
    public async Task Plan_OfADeniedFile_SaysThatItWillBeHeldBack()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [new(".github/workflows/ci.yml", "faster")] }));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("⛔ **The policy denies") && c.Contains("`.github/workflows/ci.yml` runs in CI"));
    }

    [Fact]
    public async Task Change_MetAfterApproval_WaitsForAPersonAndGoesOnWithTheirWord()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Refusals.Enqueue(Asks("tests/.envrc"));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.ApproveAsync();
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("(version 2)")), "the question");
        var question = task.Forge.Comments(7).Single(c => c.Contains("(version 2)"));
        question.ShouldSatisfyAllConditions(q => q.ShouldContain($"`tests/.envrc` {Hooks}"), q => q.ShouldContain("Nothing is published until"), q => q.ShouldContain("| `tests/.envrc` |"));
        await task.UntilAsync(TaskState.AwaitingApproval);
        (await task.Stores.FindAsync(task.Id, default))!.Pull.ShouldBeNull();
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        var (asked, agreed) = (task.Work.Publishes.First(), task.Work.Publishes.Last());
        asked.Snapshot.ShouldBe(agreed.Snapshot, "nobody edits in between");
        var plan = task.Work.Keys.Open<PlanRecord>(agreed.Records!.Plan).ShouldNotBeNull();
        plan.Added.ShouldBe(["tests/.envrc"]);
        task.Work.Keys.Open<EvidenceRecord>(agreed.Records.Evidence).ShouldNotBeNull().Plan.ShouldBe(BuildRecord.DigestOf(plan.Plan), "proved anew under the plan that counts");
        agreed.PlanComment.ShouldNotBe(asked.PlanComment);
        await Histories.KeepAsync(task.Handle, "asked-after-approval");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_ThatNobodyAgreesTo_IsPutBackByTheFixer(bool rejects)
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Refusals.Enqueue(Asks("tests/.envrc"));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        if (rejects) await task.RejectAsync("not in this repository");
        else await task.CommentAsync("write a README instead");
        await task.UntilAsync(TaskState.AwaitingCi);
        var fixer = task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer);
        fixer.Work!.GateProblems.Single().ShouldSatisfyAllConditions(p => p.ShouldContain("tests/.envrc"), p => p.ShouldContain("restore_path"));
        if (rejects) fixer.Work.GateProblems.Single().ShouldContain("ann does not agree to these changes: not in this repository");
        BuildRecord.DigestOf(fixer.Plan).ShouldBe(BuildRecord.DigestOf(FakeWork.Plan), "the plan is what it was");
        var records = task.Work.Publishes.Last().Records!;
        task.Work.Keys.Open<PlanRecord>(records.Plan).ShouldNotBeNull().Added.ShouldBeEmpty();
        records.Approval.ShouldBeNull();
        if (rejects) await Histories.KeepAsync(task.Handle, "asked-and-rejected");
    }

    [Fact]
    public async Task Change_ThatIsMostlyASlip_GoesToTheFixerFirst()
    {
        await using var task = await TaskHarness.StartAsync("");
        var weaker = new GateVerdict("tests", false, "Tests say less than before.") { Asks = [new("tests/ATests.cs", "has one assertion fewer")], FixerFirst = true };
        task.Work.Refusals.Enqueue(weaker);
        task.Work.Refusals.Enqueue(weaker);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(1);
        task.Work.Amended.Single().Files.ShouldBe(weaker.Asks);
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
    }

    [Fact]
    public async Task Change_WithOtherFaultsToo_IsMendedBeforeAnybodyIsAsked()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Refusals.Enqueue(new GateVerdict("size", false, "Too large.") { Asks = [] });
        task.Work.Refusals.Enqueue(Asks(".envrc"));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Work!.GateProblems.ShouldBe(["size: Too large."]);
    }

    [Fact]
    public async Task Change_OfALaterRound_WaitsToo_AndThePullRequestStaysAsItIs()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        var first = task.Head;
        task.Work.Refusals.Enqueue(Asks("tests/.envrc"));
        await task.ReviewAsync(CodingAgent.Forges.ReviewState.ChangesRequested, "Set the variable in the tests.");
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Head.ShouldBe(first);
        await task.ApproveAsync();
        await task.UntilAsync(t => t.State == TaskState.AwaitingCi && t.HeadSha != first, "a second head");
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(1, "the round's own");
        task.Work.Publishes.Last().Records!.Approval.ShouldNotBeNull();
    }

    [Fact]
    public async Task Fix_OfAPersonsPullRequest_AsksThereAndWorksWithoutAPlan()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Forge.OpenPull(9, "topic", new string('b', 40));
        task.Work.Refusals.Enqueue(Asks("package-lock.json"));
        await task.FixPullAsync(9, "mend it");
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(9).ShouldContain(c => c.Contains("`package-lock.json`") && c.Contains("/agent approve"));
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.ShouldAllBe(s => s.Plan == null);
        var records = task.Work.Publishes.Last().Records!;
        task.Work.Keys.Open<PlanRecord>(records.Plan).ShouldNotBeNull().Added.ShouldBe(["package-lock.json"]);
        task.Work.Keys.Open<EvidenceRecord>(records.Evidence).ShouldNotBeNull().Plan.ShouldBeEmpty();
        await Histories.KeepAsync(task.Handle, "fix-asked");
    }
}
