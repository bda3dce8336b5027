using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>A person takes what is there, or asks for a plan alone.</summary>
public sealed class FinishTests
{
    [Fact]
    public async Task Finish_WhileTheCoderWorks_CutsItAndPublishesWhatIsThere()
    {
        await using var task = await TaskHarness.StartAsync("");
        var began = new TaskCompletionSource();
        task.Work.NextAsync(AgentRole.Coder, step => UntilCutAsync(step, began));
        task.Work.Next(AgentRole.Coder, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.Segment, FakeWork.Spent(step), task.Work.NewTree()));
        await task.LabelAsync();
        await began.Task;
        await task.CommandAsync(new AgentCommand.Finish());

        var ended = await task.UntilAsync(TaskState.Stopped);
        ended.Reason.ShouldBe("finished by ann: the pull request stays as it is");
        var published = task.Work.Publishes.ShouldHaveSingleItem();
        published.Report.Title.ShouldBe("chore: what was there when ann finished the task");
        task.Work.Steps.Select(s => s.Run.Role).ShouldBe([AgentRole.Planner, AgentRole.Coder, AgentRole.Coder]);
        task.Work.Steps.Last().Yields.ShouldBeTrue();
        task.Work.Checked.Count.ShouldBe(2, "the base and what is there");
        await Histories.KeepAsync(task.Handle, "finished-at-work");
    }

    [Fact]
    public async Task Finish_OfWhatTheGatesRefuse_EndsWithTheirWordsAndNoFixer()
    {
        await using var task = await TaskHarness.StartAsync("");
        var began = new TaskCompletionSource();
        task.Work.NextAsync(AgentRole.Coder, step => UntilCutAsync(step, began));
        task.Work.Next(AgentRole.Coder, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.Segment, FakeWork.Spent(step), task.Work.NewTree()));
        task.Work.RedChecks.Enqueue(new CheckEvidence("test", "dotnet test", 1, "exited", TimeSpan.Zero, "red"));
        task.Work.Refusals.Enqueue(new GateVerdict("checks", false, "Checks are red: test."));
        await task.LabelAsync();
        await began.Task;
        await task.CommandAsync(new AgentCommand.Finish());

        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann; what was there is not published: Checks are red: test.");
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
    }

    [Fact]
    public async Task Finish_WhileAPlanWaits_EndsWithNothingMade()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.CommandAsync(new AgentCommand.Finish());
        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldContain("before anything was made");
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Finish_WhileThePullRequestWaits_LeavesItAsItIs()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.UntilPublishedAsync();
        await task.CommandAsync(new AgentCommand.Finish());
        (await task.UntilAsync(TaskState.Stopped)).Reason.ShouldBe("finished by ann: the pull request stays as it is");
        (await task.Forge.GetPullAsync(TaskHarness.Repo, task.Pull, default)).ShouldSatisfyAllConditions(p => p.IsOpen.ShouldBeTrue(), p => p.IsDraft.ShouldBeTrue());
    }

    [Fact]
    public async Task Plan_AskedFor_WaitsThoughThePolicyWouldNot()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\n");
        await task.LabelAsync(asksForPlan: true);
        await task.UntilAsync(TaskState.AwaitingApproval);
        task.Forge.Comments(7).ShouldContain(c => c.Contains("a plan was asked for (/agent plan)"));
        await task.ApproveAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
    }

    private static async Task<AgentActivities.AgentStepResult> UntilCutAsync(AgentActivities.AgentStep step, TaskCompletionSource began)
    {
        var context = ActivityExecutionContext.Current;
        began.TrySetResult();
        while (!context.CancellationToken.IsCancellationRequested)
        {
            context.Heartbeat();
            await Task.WhenAny(Task.Delay(50), Task.Delay(Timeout.Infinite, context.CancellationToken));
        }

        context.CancellationToken.ThrowIfCancellationRequested();
        return FakeWork.Done(step, FakeWork.Report);
    }
}
