using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Flows.BugFix;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Activities;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Flows.BugFix;

/// <summary>What counts as a test that shows a defect, on real git with a sandbox that answers as each case says.</summary>
public sealed class BugFixActivitiesTests : GitWorkers
{
    [Fact]
    public async Task Line_RedInTheSameWordsWithoutTheTests_ShowsNothing()
    {
        var runs = 0;
        Sandbox = new FakeSandbox(_ => (1, $"/home/agent/settings.sh: No such file or directory ({++runs} ms)"));
        (await ProveAsync()).Proof.WhyNot.ShouldBe("No test of this change fails without it: test is red in the same words without the new tests, so it is not them that fail.");
    }

    [Fact]
    public async Task Line_RedInOtherWordsWithTheTests_ShowsTheDefect()
    {
        // Trees come as the proof makes them: with the tests, then the base alone, then with the tests again.
        var outputs = new Queue<(int, string)>([(1, "3 is not 4\n"), (1, "a linter grumbles\n"), (1, "3 is not 4\n")]);
        Sandbox = new FakeSandbox(_ => outputs.Dequeue());
        var proved = await ProveAsync();
        proved.Proof.WhyNot.ShouldBeNull();
        proved.Proof.OnBase!.Result.OutputTail.ShouldContain("3 is not 4");
        outputs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Line_WithANameOfAFailedTest_IsNotRunWithoutTheTests()
    {
        var runs = 0;
        Sandbox = new FakeSandbox(_ => (runs++ >= 0 ? 1 : 0, "FAILED tests/test_a.py::test_three - assert 3 == 4\n"));
        (await ProveAsync()).Proof.Failed.ShouldBe(["tests/test_a.py::test_three"]);
        runs.ShouldBe(2);
    }

    private async Task<BugFixActivities.Proved> ProveAsync()
    {
        Model.Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" }).Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var edited = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        var (git, mirrors) = Worker("two");
        var builds = Builds(git, "two").Builds;
        var activities = new BugFixActivities(git, mirrors, builds, new TreeSurvey(git, mirrors, builds, SurveyPrograms.None), Keys, TimeProvider.System);
        var proof = new BugFixActivities.ProofStep(TaskHarness.Repo, Remote.Sha, edited.Snapshot.ShouldNotBeNull(edited.Reason), OneCheck with { Tests = new() { Patterns = ["tests/**"] } }, RepositoryBuild.Unknown(Remote.Sha), "run-1-proof");
        return await new ActivityEnvironment().RunAsync(() => activities.ProveTestsAsync(proof));
    }
}
