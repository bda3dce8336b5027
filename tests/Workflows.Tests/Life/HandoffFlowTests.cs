using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>What a task makes of agents that hand over.</summary>
public sealed class HandoffFlowTests
{
    [Fact]
    public async Task Planner_ToTheCoderBeforeApproval_IsRefusedAndPlansOn()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Next(AgentRole.Planner, step => HandsOver(step, "coder", new HandoffReason("I know what to do."), turn: 2));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);

        task.Work.Steps.Count.ShouldBe(2);
        var again = task.Work.Steps.Last();
        again.Run.RunId.ShouldBe(task.Work.Steps.First().Run.RunId);
        var refused = again.Run.RefusedHandoffs.ShouldHaveSingleItem();
        (refused.Turn, refused.Reason).ShouldBe((2, "nothing is edited or reviewed before a plan is approved. Answer with the plan."));
        task.Work.Steps.ShouldAllBe(s => s.Run.Role == AgentRole.Planner);
    }

    [Fact]
    public async Task Agent_HandingOverAgainAndAgain_EndsTheTaskWithWords()
    {
        await using var task = await TaskHarness.StartAsync();
        for (var turn = 1; turn <= 5; turn++)
        {
            var asks = turn;
            task.Work.Next(AgentRole.Planner, step => HandsOver(step, "coder", new HandoffReason("now"), asks));
        }
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("The planner keeps handing over where that is not admitted");
        task.Work.Steps.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Coder_ToTheCritic_CountsAsItsReport()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\n");
        task.Work.Next(AgentRole.Coder, step => HandsOver(step, "critic", FakeWork.Report with { Title = "feat: handed over" }, 4, task.Work.NewTree()));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Publishes.Single().Report.Title.ShouldBe("feat: handed over");
        task.Work.Checked.Count.ShouldBe(2, "the base and the change: checks run before the critic reads");
    }

    [Fact]
    public async Task Critic_ToTheFixer_CountsAsBlockingFindings()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\n");
        task.Work.Next(AgentRole.Critic, step => HandsOver(step, "fixer", new Critique(false, [new("src/A.cs", "blocking", "It retries for ever.")]), 2));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Work!.Findings.Single().Note.ShouldBe("It retries for ever.");
    }

    [Fact]
    public async Task Coder_ToThePlanner_MakesAnotherPlanThatTakesAPersonsWordAgain()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Work.Next(AgentRole.Coder, step => HandsOver(step, "planner", new HandoffReason("`src/A.cs` is generated from src/A.tt. Ping @everyone."), 3, task.Work.NewTree()));
        task.Work.Next(AgentRole.Planner, step => task.Work.Planned(step, FakeWork.Plan with { Goal = "Otherwise." }));
        await task.ApproveAsync();
        await task.UntilAsync(() => task.Forge.Comments(7).Any(c => c.Contains("(version 2)")), "a second plan");
        await task.UntilAsync(TaskState.AwaitingApproval);

        var comment = task.Forge.Comments(7).Single(c => c.Contains("(version 2)"));
        comment.ShouldContain("> The coder says that the plan cannot be carried out");
        comment.ShouldContain("it takes the place of a plan that a person approved");
        comment.ShouldNotContain("@everyone");
        task.Work.Steps.Last().ReplanReason.ShouldContain("src/A.tt");
        task.Work.Publishes.ShouldBeEmpty();

        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Steps.Last(s => s.Run.Role == AgentRole.Coder).Run.StartSnapshot.ShouldBeNull("what was edited under the plan that was given up is left behind");
        task.Work.Keys.Open<PlanRecord>(task.Work.Publishes.Single().Records!.Plan).ShouldNotBeNull().Plan.Goal.ShouldBe("Otherwise.");
        await Histories.KeepAsync(task.Handle, "plan-given-up");
    }

    private static AgentActivities.AgentStepResult HandsOver<T>(AgentActivities.AgentStep step, string target, T arguments, int turn, string? snapshot = null) =>
        new(AgentActivities.AgentStepOutcome.HandedOff, FakeWork.Spent(step), snapshot, JsonSerializer.Serialize(arguments, OutputContract.Json))
        {
            Handoff = new AgentActivities.AskedHandoff(target, turn),
        };
}
