using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Flows.Implement;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;

namespace CodingAgent.Workflows.Tests.Flows.Implement;

/// <summary>A task whose policy asks for coverage is measured on every tree that is published, and on no tree twice.</summary>
public sealed class CoverageLifeTests
{
    private const string Asks = "version: 1\ntests: { coverage: { min_changed: 80 } }\n";

    [Fact]
    public async Task Change_TooLittleRun_GoesToTheFixerAndIsMeasuredAnew()
    {
        await using var task = await TaskHarness.StartAsync(Asks);
        task.HistoryLimit = 25;
        task.Work.LinesRun.Enqueue(5);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);

        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Work!.GateProblems.ShouldHaveSingleItem().ShouldStartWith("coverage: Tests run 5 of the 10 changed lines");
        task.Work.Measurings.Count.ShouldBe(2);
        task.Work.Measurings.Select(m => m.Key).ShouldBeUnique();
        var publish = task.Work.Publishes.ShouldHaveSingleItem();
        task.Work.Keys.Open<CoverageProof>(publish.Records!.Flow.ShouldHaveSingleItem())!.HeadTree.ShouldBe(SnapshotRef.Parse(publish.Snapshot!).TreeId);
        await task.MergeAsync();
        await task.ResultAsync();
        await Histories.KeepAsync(task.Handle, "implement-coverage-continued-as-new");
    }

    [Fact]
    public async Task Change_StillTooLittleRun_FailsAtTheLimitWithTheLines()
    {
        await using var task = await TaskHarness.StartAsync(Asks + "limits: { ci_attempts: 1 }\n");
        task.Work.LinesRun.Enqueue(5);
        task.Work.LinesRun.Enqueue(5);
        await task.LabelAsync();

        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("Add tests for src/A.cs:3-7");
        task.Work.Publishes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Policy_ThatDoesNotAsk_MeasuresNothing()
    {
        await using var task = await TaskHarness.StartAsync("");
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingCi);
        task.Work.Measurings.ShouldBeEmpty();
        task.Work.Publishes.ShouldHaveSingleItem().Records!.Flow.ShouldBeEmpty();
    }
}
