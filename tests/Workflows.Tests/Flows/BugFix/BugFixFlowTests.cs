using CodingAgent.TestKit;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Flows.BugFix;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;

namespace CodingAgent.Workflows.Tests.Flows.BugFix;

/// <summary>The life of a task that mends a defect: shown first, asked about where it cannot be, proved on every tree that is published.</summary>
public sealed class BugFixFlowTests
{
    private static readonly Reproduction NotShown = new(false, "It works.", "", [], ["Called it with 1."], "With which value?");

    [Fact]
    public async Task Label_DefectShownMendedAndProved_IsPublishedWithItsProof()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingCi);

        var steps = task.Work.Steps.ToArray();
        steps.Select(s => s.Own?.Name ?? s.Run.Role.ToString()).ShouldBe(["reproducer", "Planner", "Coder", "Critic"]);
        var shown = steps[1].Run.StartSnapshot!;
        steps[1].Sections.Select(s => s.Title).ShouldContain("The test that shows it (it is in the workspace)");
        steps[1].Instructions.ShouldContain("This task mends a defect");
        steps[2].Run.StartSnapshot.ShouldBe(shown);
        steps[2].Sections.ShouldContain(s => s.Text.Contains("src/A.cs:3"));
        // Once of the test alone, once of the whole change.
        task.Work.Proofs.Select(p => p.Plan is null).ShouldBe([true, false]);
        var record = task.Work.Publishes.Single().Records!.Flow.ShouldHaveSingleItem();
        task.Work.Keys.Open<TestProof>(record)!.HeadTree.ShouldNotBe(shown);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("- [x] Reproduce — `tests/ATests.cs`") || c.Contains("- [x] Reproduce — tests/ATests.cs fails"));
        await task.MergeAsync();
        await task.ResultAsync();
        await Histories.KeepAsync(task.Handle, "bug-shown-mended-merged");
    }

    [Fact]
    public async Task Defect_ThatCannotBeShown_IsAskedAboutOnceAndTriedAgainWithTheAnswer()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.Work.Next(AgentRole.Coder, step => FakeWork.Done(step, NotShown));
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingApproval);

        var question = task.Forge.Comments(7).Single(c => c.Contains("I could not reproduce this"));
        question.ShouldContain("- Called it with 1.");
        question.ShouldContain("With which value?");
        task.Work.Publishes.ShouldBeEmpty();
        await task.ApproveAsync();
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("no plan waits for an answer yet")), "the approval is answered");
        await task.CommentAsync("With -1, of course.");

        await task.UntilAsync(TaskState.AwaitingCi);
        var again = task.Work.Steps.Where(s => s.Own is not null).Last();
        again.Sections.Single(s => s.Title.StartsWith("What people answered", StringComparison.Ordinal)).Text.ShouldBe("ann: With -1, of course.");
        task.Work.Steps.Last(s => s.Run.Role == AgentRole.Planner).Sections.ShouldContain(s => s.Text.Contains("With -1, of course."));
        task.Forge.Comments(7).Count(c => c.Contains("I could not reproduce this")).ShouldBe(1);
        await Histories.KeepAsync(task.Handle, "bug-asked-and-answered");
    }

    [Fact]
    public async Task Test_ThatPassesOnTheBase_IsWrittenAnewThreeTimesThenPeopleAreAsked()
    {
        await using var task = await TaskHarness.StartAsync("");
        for (var i = 0; i < 3; i++)
            task.Work.NotProved.Enqueue("No test of this change fails without it: test passes without the change too.");
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingApproval);

        task.Work.Steps.Count.ShouldBe(3);
        task.Work.Steps.Last().Sections.Single().Text.ShouldContain("passes without the change too");
        task.Work.Steps.ShouldAllBe(s => s.Run.StartSnapshot == null);
        await task.CommandAsync(new AgentCommand.Retry());
        await task.UntilAsync(TaskState.AwaitingCi);
    }

    [Fact]
    public async Task Question_NobodyAnswers_ClosesTheTask()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nreview: { remind_after: 1d, expire_after: 3d }\n");
        task.Work.Next(AgentRole.Coder, step => FakeWork.Done(step, NotShown));
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.AdvanceAsync(TimeSpan.FromDays(4));
        (await task.UntilAsync(TaskState.Closed)).Reason.ShouldContain("nobody answered");
        task.Forge.Comments(7).ShouldContain(c => c.Contains("I could not reproduce this"));
    }

    [Fact]
    public async Task Change_WhoseTestProvesNothing_GoesToTheFixerAndParksOrFailsAtTheLimit()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nlimits: { ci_attempts: 1 }\n");
        task.Work.Next(AgentRole.Coder, step => FakeWork.Done(step, FakeWork.Shown, task.Work.NewTree()));
        task.Work.Next(AgentRole.Coder, step =>
        {
            task.Work.NotProved.Enqueue("test fails with the change too.");
            task.Work.NotProved.Enqueue("test fails with the change too.");
            return FakeWork.Done(step, FakeWork.Report, task.Work.NewTree());
        });
        await task.LabelAsync(kind: TaskKind.BugFix);
        var ended = await task.UntilAsync(TaskState.Failed);

        task.Work.Steps.Last().Work!.GateProblems.ShouldHaveSingleItem().ShouldContain("proof: test fails with the change too.");
        ended.Reason.ShouldContain("not proved after 1 attempts");
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Review_Answered_IsProvedAnew()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingCi);
        await task.ReviewAsync(CodingAgent.Forges.ReviewState.ChangesRequested, "Please rename it.");
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the answer is published");
        var proofs = task.Work.Publishes.Select(p => task.Work.Keys.Open<TestProof>(p.Records!.Flow.Single())!.HeadTree).ToArray();
        proofs.ShouldBeUnique();
    }

    [Fact]
    public async Task History_Long_KeepsWhatWasShownAndAsked()
    {
        await using var task = await TaskHarness.StartAsync("");
        task.HistoryLimit = 25;
        task.Work.Next(AgentRole.Coder, step => FakeWork.Done(step, NotShown));
        await task.LabelAsync(kind: TaskKind.BugFix);
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.CommentAsync("With -1.");
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.Count(s => s.Own is not null).ShouldBe(2);
        task.Forge.Comments(7).Count(c => c.Contains("I could not reproduce this")).ShouldBe(1);
    }
}
