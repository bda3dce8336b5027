using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Steps;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Steps;

public sealed class StepMachineTests
{
    private static readonly StepRules Rules = new(
        CohortAgents.Critic("m"), [new ChatMessage(ChatRole.User, "task")], AgentBudget.Default with { Turns = 20 });

    private readonly StepMachine _machine = new(Rules);

    [Theory]
    [InlineData(null, "stop", "Your message was empty")]
    [InlineData("{}", "stop", "approved: is missing")]
    [InlineData("{\"approved\":", "length", "cut at the output limit")]
    public void Answer_NotUsable_IsAnotherTurn(string? text, string finish, string told)
    {
        var state = _machine.OnResponse(_machine.Start(), Says(text, finish), TimeSpan.Zero);
        UserText(state.Items[^1]).ShouldContain(told);
        _machine.Next(state).ShouldBeOfType<Step.AskModel>().Turn.ShouldBe(2);
    }

    [Fact]
    public void Answer_Good_Finishes()
    {
        var state = _machine.OnResponse(_machine.Start(), Says("""{"approved":true,"findings":[]}"""), TimeSpan.Zero);
        _machine.Next(state).ShouldBeOfType<Step.Finish>().End.ShouldBeOfType<RunEnd.Answered>();
    }

    [Fact]
    public void Refusal_IsItsOwnFailure()
    {
        var refused = _machine.OnResponse(_machine.Start(), Says(null, refusal: "I cannot help with that."), TimeSpan.Zero);
        refused.End.ShouldBeOfType<RunEnd.Broken>().ShouldSatisfyAllConditions(
            b => b.Kind.ShouldBe(AgentFailure.Refusal), b => b.Reason.ShouldContain("cannot help"));
        _machine.OnResponse(_machine.Start(), Says(null, "content_filter"), TimeSpan.Zero).End.ShouldBeOfType<RunEnd.Broken>().Kind.ShouldBe(AgentFailure.Refusal);
    }

    [Fact]
    public void SameActionAndResult_ThreeTimes_IsNudgedThenEnded()
    {
        var state = _machine.Start();
        for (var i = 1; i <= 6; i++)
        {
            state.End.ShouldBeNull();
            state = Turn(state, Call("read", "{}"), "same");
            if (i == 3)
                UserText(state.Items[^1]).ShouldContain("repeated the same action");
        }
        state.End.ShouldBeOfType<RunEnd.Broken>().Kind.ShouldBe(AgentFailure.Stuck);
    }

    [Fact]
    public void TwoActionsTakingTurns_IsStuckToo()
    {
        var state = _machine.Start();
        for (var i = 0; i < 6; i++)
            state = Turn(state, Call(i % 2 == 0 ? "read" : "edit", "{}"), "no");
        state.Nudged.ShouldBeTrue();
    }

    [Fact]
    public void SameAction_OtherResult_IsNotStuck()
    {
        var state = _machine.Start();
        for (var i = 0; i < 10; i++)
            state = Turn(state, Call("run_checks", "{}"), $"{i} left");
        state.Nudged.ShouldBeFalse();
    }

    [Fact]
    public void FewTurnsLeft_IsToldOnce()
    {
        var state = _machine.Start();
        for (var i = 0; i < 19; i++)
            state = Turn(state, Call("read", "{}"), $"{i}");
        state.Items.Count(u => u.Role == ChatRole.User && u.Text.StartsWith("5 turns are left", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void Outputs_ThatDoNotFitTheCalls_AreRefused()
    {
        var state = _machine.OnResponse(_machine.Start(), Call("read", "{}"), TimeSpan.Zero);
        Should.Throw<InvalidOperationException>(() => _machine.OnOutputs(state, [], TimeSpan.Zero));
    }

    [Fact]
    public void State_Serialises()
    {
        var state = Turn(_machine.Start(), Call("read", "{}"), "x") with { End = new RunEnd.Answered("{}") };
        var json = JsonSerializer.Serialize(state);
        JsonSerializer.Serialize(JsonSerializer.Deserialize<RunState>(json)).ShouldBe(json);
    }

    [Fact]
    public void Results_Serialise()
    {
        AgentRunResult result = new AgentRunResult.NeedsApproval([new PendingApproval("c", "t", "{}", "d")], Consumption.Zero, "s");
        JsonSerializer.Deserialize<AgentRunResult>(JsonSerializer.Serialize(result)).ShouldBeOfType<AgentRunResult.NeedsApproval>().Pending.Count.ShouldBe(1);
    }

    [Fact]
    public void LongConversation_IsTrimmedInJumps()
    {
        var state = _machine.Start();
        var requests = new List<IReadOnlyList<ChatMessage>>();
        for (var i = 0; i < 60; i++)
        {
            state = Turn(state, Call("read", $$"""{"i":{{i}}}"""), new string((char)('a' + (i % 26)), 10_000) + i);
            requests.Add(((Step.AskModel)new StepMachine(Rules with { Budget = AgentBudget.Default with { Turns = 100 } }).Next(state)).Items);
        }
        requests.Max(r => Conversations.OutputsIn(r).Sum(o => o.Length)).ShouldBeLessThanOrEqualTo(250_100);
        List<List<string>> Told() => [.. requests.Select(r => r.Select(m => JsonSerializer.Serialize(m)).ToList())];
        // Most requests begin with the whole one before: that is what a prompt cache needs.
        Told().Zip(Told().Skip(1)).Count(p => p.First.SequenceEqual(p.Second.Take(p.First.Count))).ShouldBeGreaterThan(50);
    }

    private static string UserText(ChatMessage message)
    {
        message.Role.ShouldBe(ChatRole.User);
        return message.Text;
    }

    private RunState Turn(RunState state, ChatResponse response, string output)
    {
        var asked = _machine.OnResponse(state, response, TimeSpan.Zero);
        return _machine.OnOutputs(asked, [.. asked.Calls.Select(c => new FunctionResultContent(c.CallId, output))], TimeSpan.Zero);
    }
}
