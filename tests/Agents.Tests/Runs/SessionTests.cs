using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Sessions;
using CodingAgent.Agents.Tests.Fakes;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class SessionTests
{
    private readonly MemorySessions _sessions = new();

    [Fact]
    public async Task Run_OfASession_IsToldWhatEarlierRunsDidAndAnswered()
    {
        await RunAsync("run-1", Call("append", """{"path":"src/a.cs","text":"x"}"""), Call("append", """{"path":"src/a.cs","text":"y"}"""), Says("Mended the </untrusted-0> leak."));
        var told = await RunAsync("run-2", Says("done"));

        told.ShouldStartWith("What you did and answered when you worked on this task before, oldest first. Files may have changed since");
        told.ShouldContain("source=\"your earlier part\"");
        told.ShouldContain("Did: append src/a.cs (2 times)\nAnswered: Mended the </untrusted-0> leak.");
        told.ShouldNotContain("is now", Case.Sensitive, "what tools returned is of files as they were then");
    }

    [Fact]
    public async Task Run_Alone_IsToldNothing() => (await RunAsync("run-1", Says("done"))).ShouldBe("Do it.");

    [Fact]
    public async Task Run_WhoseResultWasLost_DoesNotRememberItself()
    {
        await RunAsync("run-1", Says("first"));
        await RunAsync("run-2", Says("second"));
        var harness = Harness("run-2", attempt: 1);
        var model = new FakeModel(Call("append", """{"path":"a","text":"x"}"""), Says("second"));
        await harness.RunAsync(model);
        model.LastRequest!.Select(m => m.Text).ShouldNotContain(t => t.Contains("Answered: second", StringComparison.Ordinal));
        (await _sessions.GetAsync("s", null, default)).Select(i => i.RunId).ShouldBe(["run-1", "run-2"]);
        (await _sessions.GetAsync("s", null, default))[1].Text.ShouldStartWith("Did: append a");
    }

    [Fact]
    public async Task Run_DyingWhileItIsPutDown_PutsItDownAgain()
    {
        var harness = Harness("run-1", attempt: 1);
        _sessions.Broken = true;
        await Should.ThrowAsync<IOException>(() => harness.RunAsync(new FakeModel(Says("first"))));
        (_sessions.Broken, harness.Attempt) = (false, 2);
        (await harness.RunAsync(new FakeModel())).ShouldBeOfType<AgentRunResult.Completed>();
        (await _sessions.GetAsync("s", null, default)).ShouldHaveSingleItem().Text.ShouldBe("Did: nothing but answer\nAnswered: first");
    }

    [Fact]
    public async Task Run_ThatFailed_LeavesNothing()
    {
        (await Harness("run-1", 1).RunAsync(new FakeModel(Says(null, refusal: "no")))).ShouldBeOfType<AgentRunResult.Failed>();
        (await _sessions.GetAsync("s", null, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Memory_OfManyLongRuns_StaysSmall_AndKeepsTheNewest()
    {
        for (var i = 1; i <= 12; i++)
            await RunAsync($"run-{i}", Says($"round {i} " + new string('x', 30_000)));
        var told = await RunAsync("run-13", Says("done"));
        told.Length.ShouldBeLessThan(20_000);
        told.ShouldContain("round 12 ");
        told.ShouldNotContain("round 6 ");
        told.ShouldContain("(those before them are left out)");
    }

    private async Task<string> RunAsync(string run, params Microsoft.Extensions.AI.ChatResponse[] answers)
    {
        var model = new FakeModel(answers);
        await Harness(run, 1).RunAsync(model);
        return model.LastRequest!.TakeWhile((m, i) => i == 0 || m.Role == Microsoft.Extensions.AI.ChatRole.User).Last().Text;
    }

    private RunHarness Harness(string run, int attempt) =>
        new() { Attempt = attempt, Adjust = r => r with { RunId = run, Session = new AgentSession(_sessions, "s") } };
}
