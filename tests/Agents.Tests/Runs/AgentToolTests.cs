using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeModel;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class AgentToolTests
{
    private static readonly AgentDefinition Caller = RunHarness.Agent with
    {
        AgentTools = [new AgentTool("ask_reader", "Reads.", new AgentDefinition("reader", "You read.", "fake-2"))],
    };

    [Fact]
    public async Task Call_RunsTheAgentInItsOwnJournal_AndAddsWhatItUsed()
    {
        var harness = Harness();
        IReadOnlyList<ChatMessage>? asked = null;
        var model = Model(onReader: messages => asked ??= messages);
        var result = (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();

        asked![1].Text.ShouldContain("The tester asks you:\n<untrusted-");
        model.LastOutputs.ShouldBe(["It says 42.", "It says 42."]);
        result.Used.Agents.Select(a => (a.Agent, a.Turns, a.Usage.Requests)).ShouldBe([("tester", 2, 2), ("reader", 4, 4)]);
        (result.Used.Turns, result.Used.Usage.Requests).ShouldBe((2, 6));
        result.Used.Models.Select(m => m.Model).ShouldBe(["fake-1", "fake-2"]);
        harness.Journal.Turns("run-1/1.2").Count.ShouldBe(2);
        (await Runner.ReadUsedAsync(harness.Journal, "run-1", 9, ModelPrices.None, Caller, default)).ShouldBe(result.Used);
    }

    [Fact]
    public async Task Agent_CalledAsATool_HasReadingToolsAlone()
    {
        FakeModel? model = null;
        IEnumerable<string>? offered = null;
        model = Model(onReader: _ => offered = model!.LastOptions!.Tools!.Select(t => t.Name).ToList());
        await Harness().RunAsync(model);
        offered.ShouldBe(["read"]);
    }

    [Fact]
    public async Task Run_DyingAtAnyWrite_PaysForNoAnswerTwice()
    {
        var whole = (await Harness().RunAsync(Model())).ShouldBeOfType<AgentRunResult.Completed>();
        for (var boundary = 0; boundary < 24; boundary++)
        {
            var harness = Harness();
            var writes = 0;
            harness.Journal.OnWrite = (_, _, _) =>
            {
                if (Interlocked.Increment(ref writes) == boundary + 1)
                    throw new IOException("died");
            };
            var requests = 0;
            var model = Model(onAny: () => Interlocked.Increment(ref requests));
            await Should.ThrowAsync<IOException>(() => harness.RunAsync(model));
            harness.Journal.OnWrite = null;
            harness.Attempt = 2;
            var again = (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();
            again.OutputJson.ShouldBe(whole.OutputJson);
            again.Used.ShouldBe(whole.Used);
            requests.ShouldBeLessThanOrEqualTo(whole.Used.Usage.Requests + 1, "the answer that was on its way");
        }
    }

    [Fact]
    public async Task Model_AwayInside_LeavesTheTurnOpenAndGoesOnThere()
    {
        var harness = Harness();
        var away = true;
        var model = Model(onReader: messages =>
        {
            if (away && messages.Count > 2)
                throw new ModelUnavailableException("503", TimeSpan.FromSeconds(7));
        });
        (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.ModelAway>().RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
        (away, harness.Attempt) = (false, 2);
        (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().Used.Usage.Requests.ShouldBe(6);
    }

    [Fact]
    public async Task Agent_WithoutAnAnswer_IsToldToTheCaller()
    {
        var harness = Harness();
        var model = new FakeModel((turn, messages) => messages[0].Text == "You read."
            ? Says(null, refusal: "I will not.")
            : turn == 1 ? Call("ask_reader", """{"task":"Read a."}""") : Says("done"));
        (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();
        model.LastOutputs.Single().ShouldBe("It ended without an answer: The model refused the task: I will not.");
    }

    private static RunHarness Harness() => new() { Adjust = run => run with { Agent = Caller } };

    // The caller asks two readers at once; each reads a file and answers.
    private static FakeModel Model(Action<IReadOnlyList<ChatMessage>>? onReader = null, Action? onAny = null) => new((turn, messages) =>
    {
        onAny?.Invoke();
        if (messages[0].Text != "You read.")
            return turn == 1 ? Calls(CallOf("a", "ask_reader", """{"task":"Read a."}"""), CallOf("b", "ask_reader", """{"task":"Read b."}""")) : Says("done");
        onReader?.Invoke(messages);
        return turn == 1 ? Call("read", """{"path":"a"}""") : Says("It says 42.");
    });
}
