using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>What is found out before a model is paid, and what is proved only once.</summary>
public sealed class BuildTests
{
    private static CheckEvidence Red(string name, string output = "Expected 3 but was 1") => new(name, "t", 1, "exited", TimeSpan.Zero, output);

    private static Evidence Evidence(TaskHarness task) => task.Work.Keys.Open<EvidenceRecord>(task.Work.Publishes.Single().Records!.Evidence).ShouldNotBeNull().Evidence;

    private static Evidence Trial(TaskHarness task) => task.Work.Keys.Open<EvidenceRecord>(task.Work.Publishes.Single().Records!.Trials!.Single()).ShouldNotBeNull().Evidence;

    [Fact]
    public async Task Problem_OfTheBuild_EndsTheTaskBeforeAnyModelIsAsked()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Problem = new WorkspaceActivities.BuildProblem(
            "Setting the repository up failed at npm.", "Write setup: [].", [new FailedCheck("setup npm", "exit code 1", "E404 left-pad is not in this registry")]);
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("failed at npm");
        await task.ResultAsync();
        task.Work.Steps.ShouldBeEmpty();
        var said = task.Forge.Comments(7).Single(c => c.Contains("What you can do"));
        said.ShouldContain("E404 left-pad");
        said.ShouldContain("setup: []");
    }

    [Fact]
    public async Task Check_ThatCannotRunOnTheBase_EndsTheTaskBeforeAnyModelIsAsked()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: always }\nchecks: [ { name: test, run: \"dotnet test\" } ]\n");
        task.Work.Base = _ => Task.FromResult(new Evidence("base", [Red("test", "A compatible .NET SDK was not found.") with { CannotRun = "the .NET SDK 99 is not on this worker" }]));
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("test cannot run here: the .NET SDK 99");
        await task.ResultAsync();
        task.Work.Steps.ShouldBeEmpty();
        task.Forge.Comments(7).ShouldContain(c => c.Contains("A compatible .NET SDK was not found."));
    }

    [Fact]
    public async Task Check_DetectedThatCannotRun_IsLeftOutWhenAnotherCan()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Detected = [new("test", "dotnet test", CheckKind.Test, ""), new("web", "npm test", CheckKind.Test, "web")];
        task.Work.Base = step => Task.FromResult(new Evidence("base", [FakeWork.Green("base", step).Checks[0], Red("web") with { CannotRun = "npm is not on this worker" }]));
        await task.UntilPublishedAsync();
        Evidence(task).Checks.Select(c => c.Name).ShouldBe(["test"]);
        // Who judges the change sees why the other is not among them.
        Trial(task).Checks.Single(c => c.Name == "web").CannotRun.ShouldBe("npm is not on this worker");
        task.Forge.Status(7).ShouldContain("npm is not on this worker");
    }

    [Fact]
    public async Task Base_SlowChecks_RunBesideThePlanningAndAreKnownBeforeEditing()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\n");
        var release = new TaskCompletionSource();
        task.Work.Base = async step =>
        {
            await release.Task;
            return new Evidence("base", [Red("test")]);
        };
        await task.LabelAsync();
        await task.UntilAsync(() => task.Work.Steps.Any(s => s.Run.Role == AgentRole.Planner), "planning has begun");
        // No time is skipped while an activity runs: what passes here passes on the wall.
        await task.AdvanceAsync(TimeSpan.FromSeconds(5));
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Coder);
        release.SetResult();
        await task.UntilAsync(() => task.Work.Steps.Any(s => s.Run.Role == AgentRole.Coder), "editing has begun");
        task.Work.Steps.First(s => s.Run.Role == AgentRole.Coder).RedOnBase.Single().Output.ShouldContain("Expected 3 but was 1");
    }

    [Fact]
    public async Task Check_RedOnBaseAndGreenAfter_IsToldAsSuch()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Base = _ => Task.FromResult(new Evidence("base", [Red("test")]));
        await task.UntilPublishedAsync();
        Evidence(task).Checks.Single().Passed.ShouldBeTrue();
        Trial(task).Checks.Single().Passed.ShouldBeFalse();
        task.Work.Steps.ShouldNotContain(s => s.Run.Role == AgentRole.Fixer);
    }

    [Fact]
    public async Task Check_RedOnBaseAndStill_IsLookedAtOnceAndNotForEver()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Base = _ => Task.FromResult(new Evidence("base", [Red("test")]));
        for (var i = 0; i < 4; i++)
            task.Work.RedChecks.Enqueue(Red("test"));
        await task.UntilPublishedAsync();
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(1);
        task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer).Work!.FailedChecks.Single().Outcome.ShouldContain("red before the change too");
    }

    [Fact]
    public async Task Checks_RedAndTheFixerChangesNothing_StopAtOnceAndShowWhy()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\n");
        task.Work.RedChecks.Enqueue(Red("test"));
        task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, step.Run.StartSnapshot));
        await task.LabelAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("the fixer found nothing to change");
        await task.ResultAsync();
        task.Forge.Comments(7).ShouldContain(c => c.Contains("Expected 3 but was 1"));
        task.Work.Checked.Count(t => t != "base").ShouldBe(1);
    }

    [Fact]
    public async Task Tree_UnchangedByTheFixer_IsNeitherProvedNorReadAgain()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.Next(AgentRole.Critic, step => FakeWork.Done(step, new Critique(false, [new("src/A.cs", "blocking", "It retries for ever.")])));
        task.Work.Next(AgentRole.Fixer, step => FakeWork.Done(step, FakeWork.Report, step.Run.StartSnapshot));
        await task.UntilPublishedAsync();
        task.Work.Checked.Count(t => t != "base").ShouldBe(1);
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Critic).ShouldBe(1);
        task.Work.Publishes.Single().OpenFindings.Single().Note.ShouldBe("It retries for ever.");
    }

    [Fact]
    public async Task Checks_StillRed_TellTheirOutput()
    {
        await using var task = await TaskHarness.StartAsync("version: 1\nplan: { approval: never }\nlimits: { ci_attempts: 1 }\n");
        for (var i = 0; i < 3; i++)
            task.Work.RedChecks.Enqueue(Red("test"));
        await task.LabelAsync();
        await task.UntilAsync(TaskState.Failed);
        await task.ResultAsync();
        task.Forge.Comments(7).ShouldContain(c => c.Contains("still red after 1 attempts") && c.Contains("Expected 3 but was 1"));
    }
}
