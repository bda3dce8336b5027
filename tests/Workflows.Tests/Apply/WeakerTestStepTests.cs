using CodingAgent.TestKit;
using CodingAgent.Workflows.Tasks;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Apply;

/// <summary>Tests that say less, as git objects show them: a person's approval of a plan that names the test is no agreement to that.</summary>
public sealed class WeakerTestStepTests() : ApplierTests((NewTested(), new FakeStores())), IAsyncLifetime
{
    private const string Tested = "class ATests\n{\n    [Fact]\n    public void Retries() => Assert.Equal(3, A.Tries);\n\n    [Fact]\n    public void Waits() => Assert.True(A.Waited);\n}\n";

    private static GitRemote NewTested() => new(new Dictionary<string, string> { ["src/A.cs"] = "one\ntwo\n", ["tests/ATests.cs"] = Tested, ["src/A.csproj"] = CSharpProject });

    public Task InitializeAsync() => System.Threading.Tasks.Task.CompletedTask;

    public Task DisposeAsync()
    {
        Remote.Dispose();
        return System.Threading.Tasks.Task.CompletedTask;
    }

    [Theory]
    [InlineData("[Fact]\n    public void Waits", "[Fact(Skip = \"flaky\")]\n    public void Waits", "switches tests off, or all others")]
    [InlineData("Assert.Equal(3, A.Tries)", "Assert.True(true)", "has one assertion fewer, and ones that are always true")]
    [InlineData("    [Fact]\n    public void Waits() => Assert.True(A.Waited);\n", "", "has one test fewer")]
    [InlineData("    [Fact]\n    public void Waits() => Assert.True(A.Waited);\n", "    [Fact]\n    public void Waits() => Assert.True(A.Waited);\n\n    [Fact]\n    public void More() => Assert.Equal(4, A.Tries);\n", null)]
    public async Task Publish_TestThatSaysLess_TakesAPersonsWordOnJustThat(string from, string to, string? why)
    {
        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/ATests.cs", content = Tested.Replace(from, to, StringComparison.Ordinal) })
            .Answers(FakeWork.Report);
        var snapshot = (await new ActivityEnvironment().RunAsync(async () => await Agents("one").RunAgentAsync(await CoderStepAsync()))).Snapshot.ShouldNotBeNull();
        var outcome = await PublishAsync(await StepAsync(snapshot, signs: true));
        if (why is null)
        {
            outcome.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
            return;
        }

        NothingLeft(outcome);
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            v => v.Gate.ShouldBe("tests"), v => v.FixerFirst.ShouldBeTrue(), v => v.Asks.ShouldBe([new RiskyFile("tests/ATests.cs", why)]));
    }
}
