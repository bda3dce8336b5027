using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Flows.Refactor;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Tests.Flows.Refactor;

/// <summary>The life of a refactoring: measured once before the plan, proved on every tree that is published, and asked about where the surface changes.</summary>
public sealed class RefactorLifeTests
{
    private static readonly CheckEvidence Red = new("test", "dotnet test", 1, "exited", TimeSpan.FromSeconds(1), "Expected 1 but was 2");

    private static readonly GateVerdict SurfaceChanged = new("api", false, "src/A.cs changes the public surface beyond the plan: - public void A.M().")
    {
        Asks = [new RiskyFile("src/A.cs", "changes the public surface beyond the plan: - public void A.M()")],
        FixerFirst = true,
    };

    [Fact]
    public async Task Label_MeasuredPlannedAndProved_IsPublishedWithItsProof()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingCi);

        var steps = task.Work.Steps.ToArray();
        steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Planner, AgentRole.Coder, AgentRole.Critic]);
        steps[0].Instructions.ShouldContain("This task changes the inside alone");
        steps[0].Sections.ShouldHaveSingleItem().Text.ShouldBe("src/A.cs: 50 %; not run: 3-4", "what tests run well enough is no news");
        steps[2].Sections.ShouldBeEmpty();
        task.Work.Baselines.ShouldHaveSingleItem().Plan.ShouldBeNull();
        BuildRecord.DigestOf(task.Work.Refactored.ShouldHaveSingleItem().Of.Plan).ShouldBe(BuildRecord.DigestOf(FakeWork.Plan));
        var publish = task.Work.Publishes.ShouldHaveSingleItem();
        task.Work.Keys.Open<RefactorProof>(publish.Records!.Flow.ShouldHaveSingleItem())!.HeadTree.ShouldBe(SnapshotRef.Parse(publish.Snapshot!).TreeId);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("Measure the base") && c.Contains("tests run 72 % of it, 12 public declarations"));
        await task.MergeAsync();
        await task.ResultAsync();
        await Histories.KeepAsync(task.Handle, "refactor-measured-proved-merged");
    }

    [Fact]
    public async Task Coder_ThatFinishesSteps_HasTheChecksRunOnEachBeforeItIsPublished()
    {
        await using var task = await TaskHarness.StartAsync("");
        var (tests, code) = (task.Work.NewTree(), task.Work.NewTree());
        var whole = task.Work.NewTree();
        task.Work.Next(AgentRole.Coder, step => FakeWork.Done(step, FakeWork.Report, whole) with { Steps = [new("test: today", tests), new("refactor: one", code), new("refactor: two", whole)] });
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Where(s => s.FinishesSteps).Select(s => s.Run.Role).ShouldBe([AgentRole.Coder]);
        task.Work.Checked.Where(t => t != "base").ShouldBe([SnapshotRef.Parse(whole).TreeId, SnapshotRef.Parse(tests).TreeId, SnapshotRef.Parse(code).TreeId]);
        var commits = task.Work.Publishes.ShouldHaveSingleItem().Commits;
        commits.Select(c => c.Title).ShouldBe(["test: today", "refactor: one", "refactor: two"]);
        commits.Select(c => task.Work.Keys.Open<EvidenceRecord>(c.Record)?.Evidence.TreeId).ShouldBe([SnapshotRef.Parse(tests).TreeId, SnapshotRef.Parse(code).TreeId, null], "the last is the change itself");
        await task.ReviewAsync(ReviewState.ChangesRequested, "Once more.");
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the answer");
        task.Work.Publishes.Last().Commits.ShouldBeEmpty("what is published is in the branch");
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.MergeAsync();
        await task.ResultAsync();
        await Histories.KeepAsync(task.Handle, "refactor-in-steps");
    }

    [Fact]
    public async Task Job_ThatDoesNotWorkInSteps_OffersNone()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.ShouldAllBe(s => !s.FinishesSteps);
    }

    [Fact]
    public async Task Change_ThatBreaksAnOldTest_GoesToTheFixerAndIsProvedAnew()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Breaches.Enqueue(p => p with { NewCode = p.NewCode with { Checks = [Red] } });
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingCi);

        var fixer = task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer);
        fixer.Work!.GateProblems.ShouldHaveSingleItem().ShouldStartWith("behaviour: ");
        fixer.Work.FailedChecks.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            c => c.Outcome.ShouldBe("the old tests on the new code"),
            c => c.Output.ShouldBe(Red.OutputTail));
        task.Work.Refactored.Select(p => p.Snapshot).ShouldBeUnique();
        task.Work.Refactored.Count.ShouldBe(2);
        task.Work.Publishes.Count.ShouldBe(1);
        await Histories.KeepAsync(task.Handle, "refactor-old-test-mended");
    }

    [Fact]
    public async Task Change_OfWhatNoTestRan_FailsAtTheLimitAndTellsTheLines()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nlimits: { ci_attempts: 1 }\n");
        for (var i = 0; i < 2; i++)
            task.Work.Breaches.Enqueue(p => p with { Run = 2, NotRun = ["src/A.cs:3-9"] });
        await task.LabelAsync(kind: TaskKind.Refactor);

        var ended = await task.UntilAsync(TaskState.Failed);
        ended.Reason.ShouldContain("not proved after 1 attempts");
        ended.Reason.ShouldContain("src/A.cs:3-9");
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Surface_ThatStaysChanged_GoesToTheFixerOnceThenToAPersonAndIsProvedUnderWhatTheyAgreed()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Refusals.Enqueue(SurfaceChanged);
        task.Work.Refusals.Enqueue(SurfaceChanged);
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingApproval);

        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Work!.GateProblems.ShouldBe([$"api: {SurfaceChanged.Message}"]);
        task.Work.Amended.ShouldHaveSingleItem().Files.ShouldBe(SurfaceChanged.Asks);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("public void A.M()"));
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);

        var proofs = task.Work.Refactored.ToArray();
        // Each change, and the last one again: another plan may set up other packages.
        proofs.Length.ShouldBe(3);
        proofs[2].Snapshot.ShouldBe(proofs[1].Snapshot);
        BuildRecord.DigestOf(proofs[2].Of.Plan).ShouldNotBe(BuildRecord.DigestOf(proofs[1].Of.Plan));
        task.Work.Keys.Open<RefactorProof>(task.Work.Publishes.Last().Records!.Flow.Single())!.Plan.ShouldBe(BuildRecord.DigestOf(proofs[2].Of.Plan));
        await Histories.KeepAsync(task.Handle, "refactor-surface-agreed");
    }

    [Fact]
    public async Task Surface_APersonDoesNotAgreeTo_IsPutBack()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Refusals.Enqueue(SurfaceChanged);
        task.Work.Refusals.Enqueue(SurfaceChanged);
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.RejectAsync("others call it");
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Last(s => s.Run.Role == AgentRole.Fixer).Work!.GateProblems.ShouldHaveSingleItem().ShouldContain("others call it");
        task.Work.Keys.Open<RefactorProof>(task.Work.Publishes.Last().Records!.Flow.Single())!.Plan.ShouldBe(BuildRecord.DigestOf(FakeWork.Plan));
    }

    [Fact]
    public async Task Question_OfThePlanner_IsAnsweredWithoutMeasuringAgain()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Edits = [], Tests = [], Questions = ["Which of the two parsers?"] }));
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("Which of the two parsers?"));
        await task.CommentAsync("The old one.");
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Last(s => s.Run.Role == AgentRole.Planner).ReplanReason.ShouldBe("ann: The old one.");
        task.Work.Baselines.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Plan_RejectedThenMadeAnewWithALongHistory_RepeatsNothing()
    {
        await using var task = await TaskHarness.StartAsync();
        task.HistoryLimit = 25;
        await task.LabelAsync(kind: TaskKind.Refactor);
        var first = await task.UntilAsync(TaskState.AwaitingApproval);
        await task.RejectAsync("smaller, please");
        await task.UntilAsync(t => t.State == TaskState.AwaitingApproval && task.Work.Steps.Count(s => s.Run.Role == AgentRole.Planner) == 2, "the second plan waits");
        await task.ApproveAsync();
        (await task.UntilAsync(TaskState.AwaitingCi)).RunId.ShouldNotBe(first.RunId);

        task.Work.Steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Planner, AgentRole.Planner, AgentRole.Coder, AgentRole.Critic]);
        task.Work.Baselines.Count.ShouldBe(1);
        task.Work.Refactored.Count.ShouldBe(1);
        task.Work.Publishes.Count.ShouldBe(1);
        await Histories.KeepAsync(task.Handle, "refactor-continued-as-new");
    }

    [Fact]
    public async Task Base_ThatMovesBeforePublishing_IsWhatTheChangeIsHeldAgainst()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Next(AgentRole.Critic, step =>
        {
            task.Work.MovedBase = new BaseActivities.BaseReading("main", new string('b', 40)) { IsMoved = true, Snapshot = task.Work.NewTree(), Policy = new RepositoryPolicy() };
            return FakeWork.Done(step, new Critique(true, []));
        });
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Refactored.Count.ShouldBe(2);
        task.Work.Refactored.Last().Of.BaseSha.ShouldBe(new string('b', 40));
        task.Work.Keys.Open<RefactorProof>(task.Work.Publishes.Single().Records!.Flow.Single())!.BaseSha.ShouldBe(new string('b', 40));
    }

    [Fact]
    public async Task Review_Answered_IsProvedAnew()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync(kind: TaskKind.Refactor);
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.ReviewAsync(ReviewState.ChangesRequested, "Please rename it.");
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the answer is published");

        task.Work.Publishes.Select(p => task.Work.Keys.Open<RefactorProof>(p.Records!.Flow.Single())!.HeadTree)
            .ShouldBe(task.Work.Publishes.Select(p => SnapshotRef.Parse(p.Snapshot!).TreeId));
        task.Work.Baselines.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Stop_WhileTheBaseIsMeasured_EndsItAtOnce()
    {
        await using var task = await TaskHarness.StartAsync("");
        var began = new TaskCompletionSource();
        task.Work.BaselineWaits.Enqueue(() => UntilCutAsync(began));
        await task.LabelAsync(kind: TaskKind.Refactor);
        await began.Task;
        await task.StopAsync();

        await task.UntilAsync(TaskState.Stopped);
        task.Work.Steps.ShouldBeEmpty();
        await Histories.KeepAsync(task.Handle, "refactor-stopped-while-measuring");
    }

    [Fact]
    public async Task Finish_WhileTheBaseIsMeasured_EndsItWithoutAskingAModel()
    {
        await using var task = await TaskHarness.StartAsync("");
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        task.Work.BaselineWaits.Enqueue(() =>
        {
            began.TrySetResult();
            return goOn.Task;
        });
        await task.LabelAsync(kind: TaskKind.Refactor);
        await began.Task;
        await task.CommandAsync(new AgentCommand.Finish());
        goOn.SetResult();

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldContain("before anything was made");
        task.Work.Steps.ShouldBeEmpty();
    }

    [Fact]
    public async Task Finish_OfWhatIsNotProved_IsProvedOnceAndLeftToTheGates()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Breaches.Enqueue(p => p with { NewCode = p.NewCode with { Checks = [Red] } });
        task.Work.Refusals.Enqueue(new GateVerdict("behaviour", false, "The old tests fail on the new code."));
        task.Work.NextAsync(AgentRole.Coder, async step =>
        {
            await task.CommandAsync(new AgentCommand.Finish());
            return FakeWork.Done(step, FakeWork.Report, task.Work.NewTree());
        });
        await task.LabelAsync(kind: TaskKind.Refactor);

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldContain("The old tests fail on the new code.");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
        task.Work.Refactored.Count.ShouldBe(1);
        task.Work.Publishes.ShouldHaveSingleItem().Records!.Flow.ShouldHaveSingleItem();
    }

    private static async Task UntilCutAsync(TaskCompletionSource began)
    {
        var context = ActivityExecutionContext.Current;
        began.TrySetResult();
        while (!context.CancellationToken.IsCancellationRequested)
        {
            context.Heartbeat();
            await Task.WhenAny(Task.Delay(50), Task.Delay(Timeout.Infinite, context.CancellationToken));
        }

        context.CancellationToken.ThrowIfCancellationRequested();
    }
}
