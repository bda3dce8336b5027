using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tools;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class GuardrailTests
{
    private readonly RunHarness _harness = new();

    [Fact]
    public async Task Input_Refused_EndsBeforeTheModelIsAsked()
    {
        Agent(a => a with { InputGuardrails = [InputGuardrails.AtMost(5)] });
        var model = new FakeModel(Says("done"));
        var tripped = (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Tripped>();
        (tripped.Guardrail, tripped.Stage, tripped.Reason).ShouldBe(("input-size", GuardrailStage.Input, "The task's text has 6 characters, more than the 5 that an agent is given. Shorten the issue, its conversation or the AGENTS.md files."));
        model.RequestsByTurn.ShouldBeEmpty();
    }

    [Fact]
    public async Task Input_RefusedWhileTheModelAnswers_IsPaidAndUsedForNothing()
    {
        var verdict = new TaskCompletionSource<GuardrailVerdict>();
        Agent(a => a with { InputGuardrails = [new InputGuardrail("slow", async (_, _) => await verdict.Task) { IsBlocking = false }] });
        var model = new FakeModel((_, _) =>
        {
            verdict.SetResult(GuardrailVerdict.Trip("No."));
            return Call("append", """{"path":"a","text":"x"}""");
        });
        var tripped = (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Tripped>();
        tripped.Used.Usage.Requests.ShouldBe(1);
        _harness.Workspace.Content.ShouldBe(MemoryWorkspace.Empty);

        // Whoever takes the run up judges again, and asks nobody.
        _harness.Attempt = 2;
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Tripped>();
        model.RequestsByTurn.Values.Sum().ShouldBe(1);
    }

    [Fact]
    public async Task Input_RefusedAfterAnAnswerInOneTurn_IsNotAnsweredByARetry()
    {
        _harness.Journal.OnWrite = (what, _, after) =>
        {
            if (what == "turn" && after)
                throw new IOException("died");
        };
        var verdict = GuardrailVerdict.Allow;
        Agent(a => a with { InputGuardrails = [new InputGuardrail("g", (_, _) => ValueTask.FromResult(verdict)) { IsBlocking = false }] });
        await Should.ThrowAsync<IOException>(() => _harness.RunAsync(new FakeModel(Says("done"))));
        (_harness.Journal.OnWrite, _harness.Attempt, verdict) = (null, 2, GuardrailVerdict.Trip("No."));
        (await _harness.RunAsync(new FakeModel())).ShouldBeOfType<AgentRunResult.Tripped>();
    }

    [Fact]
    public async Task Output_Rejected_IsToldAndAskedForAgain()
    {
        Agent(a => a with { OutputGuardrails = [new OutputGuardrail("g", answer => answer == "bad" ? GuardrailVerdict.Reject("Not so.") : GuardrailVerdict.Allow)] });
        var model = new FakeModel(Says("bad"), Says("good"));
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("good");
        model.LastRequest![^1].Text.ShouldBe("Your final answer was not accepted. Not so.");
    }

    [Fact]
    public async Task Output_Tripped_EndsTheRun_AlsoWhenItIsReadAgain()
    {
        Agent(a => a with { OutputGuardrails = [new OutputGuardrail("g", _ => GuardrailVerdict.Trip("Never."))] });
        (await _harness.RunAsync(new FakeModel(Says("x")))).ShouldBeOfType<AgentRunResult.Tripped>().Used.Turns.ShouldBe(1);
        _harness.Attempt = 2;
        (await _harness.RunAsync(new FakeModel())).ShouldBeOfType<AgentRunResult.Tripped>().Reason.ShouldBe("Never.");
    }

    [Fact]
    public async Task Output_HandedOver_IsJudgedLikeAnAnswer()
    {
        _harness.Adjust = run => run with
        {
            Agent = CohortAgents.Critic("m") with { OutputGuardrails = [new OutputGuardrail("g", answer => answer.Contains("bad", StringComparison.Ordinal) ? GuardrailVerdict.Reject("Not so.") : GuardrailVerdict.Allow)] },
        };
        var model = new FakeModel(
            Call("transfer_to_fixer", """{"approved":false,"findings":[{"path":"","severity":"blocking","note":"bad"}]}"""),
            Call("transfer_to_fixer", """{"approved":false,"findings":[{"path":"","severity":"blocking","note":"good"}]}"""));
        (await _harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.HandedOff>().Turn.ShouldBe(2);
        Conversations.AsTold(model.LastRequest!).ShouldBe(["The handoff was not made. Not so."]);
    }

    [Fact]
    public async Task Call_Rejected_DoesNotRun_AndOthersOfTheTurnDo()
    {
        Agent(a => a with { ToolGuardrails = [new ToolGuardrail("g") { Before = c => c.ArgumentsJson.Contains("secret", StringComparison.Ordinal) ? GuardrailVerdict.Reject("no secrets.") : GuardrailVerdict.Allow }] });
        var model = new FakeModel(Calls(CallOf("1", "append", """{"path":"a","text":"secret"}"""), CallOf("2", "append", """{"path":"a","text":"y"}""")), Says("done"));
        await _harness.RunAsync(model);
        _harness.Workspace.Content.ShouldBe("""{"a":"y"}""");
        Conversations.AsTold(model.LastRequest!).First().ShouldBe("append was not run: no secrets.");
    }

    [Fact]
    public async Task Output_OfATool_Rejected_IsWithheld()
    {
        Agent(a => a with { ToolGuardrails = [new ToolGuardrail("g") { After = (_, output) => output.Contains("is now", StringComparison.Ordinal) ? GuardrailVerdict.Reject("too much.") : GuardrailVerdict.Allow }] });
        var model = new FakeModel(Call("append", """{"path":"a","text":"x"}"""), Says("done"));
        await _harness.RunAsync(model);
        Conversations.AsTold(model.LastRequest!).Single().ShouldBe("What append returned is withheld: too much.");
    }

    [Fact]
    public async Task Call_Tripped_EndsTheRunAndNothingOfTheTurnStays()
    {
        Agent(a => a with { ToolGuardrails = [new ToolGuardrail("g") { Before = c => c.ArgumentsJson.Contains("evil", StringComparison.Ordinal) ? GuardrailVerdict.Trip("It tried.") : GuardrailVerdict.Allow }] });
        var tripped = (await _harness.RunAsync(new FakeModel(Calls(CallOf("1", "append", """{"path":"a","text":"x"}"""), CallOf("2", "append", """{"path":"a","text":"evil"}"""))))).ShouldBeOfType<AgentRunResult.Tripped>();
        (tripped.Stage, tripped.Reason, tripped.Snapshot).ShouldBe((GuardrailStage.Tool, "It tried.", MemoryWorkspace.Empty));
    }

    [Fact]
    public async Task Call_Guarded_SaysWhereItsEffectsReach()
    {
        var seen = new List<GuardedCall>();
        Agent(a => a with { ToolGuardrails = [new ToolGuardrail("g") { Before = c => { seen.Add(c); return GuardrailVerdict.Allow; } }] });
        await _harness.RunAsync(
            new FakeModel(Calls(CallOf("1", "post", """{"body":"b"}"""), CallOf("2", "look", "{}"), CallOf("3", "post", """{"bodi":"b"}""")), Says("done")),
            Functions.With((string body) => body, "post", ToolTraits.LeavesWorkspaceKey), Functions.ReadOnly(() => "x", "look"));
        seen.ShouldBe([new GuardedCall("post", """{"body":"b"}""", false, true), new GuardedCall("look", "{}", true, false)]);
    }

    private void Agent(Func<AgentDefinition, AgentDefinition> with) => _harness.Adjust = run => run with { Agent = with(RunHarness.Agent) };
}
