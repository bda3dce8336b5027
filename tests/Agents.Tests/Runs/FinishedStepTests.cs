using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class FinishedStepTests
{
    private static readonly AgentDefinition Stepper = RunHarness.Agent with { FinishesSteps = true };

    private static FakeModel Model() => new(
        Calls(CallOf("1", "append", """{"path":"a","text":"one"}"""), CallOf("2", FinishedStep.ToolName, """{"title":"refactor: the first"}""")),
        Calls(CallOf("3", "append", """{"path":"a","text":"two"}""")),
        Calls(CallOf("4", FinishedStep.ToolName, """{"title":"refactor: the second"}"""), CallOf("5", FinishedStep.ToolName, """{"title":"  "}"""), CallOf("6", FinishedStep.ToolName, "{")),
        Calls(CallOf("7", "append", """{"path":"a","text":"three"}""")),
        Says("done"));

    [Fact]
    public async Task Run_WhoseAgentFinishesSteps_SaysWhichAndWhereTheWorkspaceStood()
    {
        var harness = Harness();
        var model = Model();
        var result = (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();
        result.Steps.Select(s => s.Title).ShouldBe(["refactor: the first", "refactor: the second"], "what has no title, or cannot be read, is none");
        result.Steps.Select(s => s.Snapshot).Distinct().Count().ShouldBe(2);
        result.Steps.Select(s => s.Snapshot).ShouldNotContain(result.Snapshot!);
        harness.Journal.Turns("run-1").Select(t => t.Snapshot).ShouldContain(result.Steps[0].Snapshot);
    }

    [Fact]
    public async Task Steps_OfSegmentsBefore_AreToldAgain()
    {
        var harness = Harness();
        harness.Adjust = run => run with { Agent = Stepper, Segment = new SegmentLimits(3, TimeSpan.FromHours(1)) };
        var model = Model();
        var first = (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Segment>();
        harness.Attempt = 2;
        var whole = (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();
        whole.Steps.ShouldBe(first.Steps);
        whole.Steps.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Agent_ThatDoesNotFinishSteps_IsNotOfferedTheTool()
    {
        var model = Model();
        var result = await new RunHarness().RunAsync(model);
        result.Steps.ShouldBeEmpty();
        model.LastOptions!.Tools!.Select(t => t.Name).ShouldNotContain(FinishedStep.ToolName);
    }

    private static RunHarness Harness() => new() { Adjust = run => run with { Agent = Stepper } };
}
