using CodingAgent.Agents.Runs;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>Small steps become commits where each holds by itself; nothing reaches a branch on the way that would not pass as the whole.</summary>
public sealed class StepCommitsTests : ApplierTests
{
    private const string Token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345";
    private const string First = "test: what it does today";
    private const string Second = "refactor: three";

    /// <summary>A coder's work in two steps, the second being all of it, and what an honest task hands over.</summary>
    private async Task<ApplyActivities.PublishStep> StepsAsync(string inFirst = "test three\n", string title = First, bool isAll = true)
    {
        Model.Calls("write_file", new { path = "tests/ATests.cs", content = inFirst })
            .Calls(FinishedStep.ToolName, new { title })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" });
        if (isAll)
            Model.Calls(FinishedStep.ToolName, new { title = Second });
        Model.Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { FinishesSteps = true };
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        result.Steps.Select(s => s.Title).ShouldBe(isAll ? [title, Second] : [title]);
        var step = await StepAsync(result.Snapshot, signs: true);
        return step with
        {
            Commits = [.. result.Steps.Select(s => new WorkStep(s.Title, s.Snapshot) { Record = s.Snapshot == result.Snapshot ? null : Evidence(Of(s.Snapshot), FakeWork.Plan) })],
        };
    }

    private static string Of(string snapshot) => SnapshotRef.Parse(snapshot).TreeId;

    private string[] Subjects(string head) => Remote.Git("log", "--reverse", "--format=%s", $"{Remote.Sha}..{head}").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task Publish_InStepsThatAreGreen_MakesACommitOfEach()
    {
        var step = await StepsAsync();
        var outcome = await PublishAsync(step);
        outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        var head = outcome.HeadSha.ShouldNotBeNull();

        Subjects(head).ShouldBe([First, Second]);
        Remote.Git("rev-parse", $"{head}^{{tree}}").Trim().ShouldBe(Tree(step));
        Remote.Git("rev-parse", $"{head}^^{{tree}}").Trim().ShouldBe(Of(step.Commits[0].Snapshot));
        Remote.Git("log", "--format=%(trailers:key=Agent-Step,valueonly)", $"{Remote.Sha}..{head}").Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["implement-1.2", "implement-1.1"]);
        (await Forge.GetPullAsync(TaskHarness.Repo, outcome.Pull!.Value, default)).Body.ShouldContain("2 commits; the checks ran on each of them by itself");

        // As after a crash before the answer was heard.
        (await PublishAsync(step, "four")).HeadSha.ShouldBe(head);
    }

    [Fact]
    public async Task Publish_WhereTheLastStepIsNotAll_NamesTheRestByTheReport()
    {
        var outcome = await PublishAsync(await StepsAsync(isAll: false));
        Subjects(outcome.HeadSha.ShouldNotBeNull()).ShouldBe([First, FakeWork.Report.Title]);
    }

    [Theory]
    [InlineData("red", "Checks are red")]
    [InlineData("nobody ran its checks", "nothing signed says")]
    [InlineData("checks of another tree", "nothing signed says")]
    [InlineData("checks under another plan", "nothing signed says")]
    [InlineData("checks on another base", "nothing signed says")]
    [InlineData("words of nobody's", "nothing signed says")]
    public async Task Publish_StepThatIsNotShownToBeGreen_IsPartOfTheCommitAfterIt(string what, string why)
    {
        var step = await StepsAsync();
        var tree = Of(step.Commits[0].Snapshot);
        var record = what switch
        {
            "red" => Evidence(tree, FakeWork.Plan, checks: Red("test", "dotnet test")),
            "nobody ran its checks" => null,
            "checks of another tree" => Evidence(Tree(step), FakeWork.Plan),
            "checks under another plan" => Evidence(tree, FakeWork.Plan with { Goal = "Another." }),
            "checks on another base" => Evidence(tree, FakeWork.Plan, baseSha: new string('a', 40)),
            _ => step.Commits[0].Record! with { Signature = step.Records!.Evidence!.Signature },
        };
        await HoldsAsync(step with { Commits = [step.Commits[0] with { Record = record }, step.Commits[1]] }, why);
    }

    [Theory]
    [InlineData("token = \"" + Token + "\"\n", First, "secret")]
    [InlineData("<<<<<<< 0123456789012345678901234567890123456789\n", First, "Conflict markers")]
    [InlineData("test three\n", Token, "")]
    public async Task Publish_StepWithWhatMayNotLeave_LeavesNoTraceOfIt(string inFirst, string title, string why)
    {
        var step = await StepsAsync(inFirst, title);
        var head = (await PublishAsync(step)).HeadSha.ShouldNotBeNull();
        Remote.Git("log", "-p", "--format=%B", $"{Remote.Sha}..{head}").ShouldNotContain(inFirst.Contains("ghp_", StringComparison.Ordinal) ? inFirst.Trim() : title.Contains("ghp_", StringComparison.Ordinal) ? title : inFirst.Trim()[..20]);
        if (why.Length > 0)
            Subjects(head).ShouldBe([Second]);
    }

    private async Task HoldsAsync(ApplyActivities.PublishStep step, string why)
    {
        var outcome = await PublishAsync(step);
        Subjects(outcome.HeadSha.ShouldNotBeNull()).ShouldBe([Second]);
        var body = (await Forge.GetPullAsync(TaskHarness.Repo, outcome.Pull!.Value, default)).Body;
        body.ShouldContain("is part of the commit after it");
        body.ShouldContain(why);
    }
}
