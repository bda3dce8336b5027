using System.Net;
using System.Text.Json;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Runs;

/// <summary>What was paid is booked, whatever came of it, and nothing is asked again for ever.</summary>
public sealed class PaidAnswersTests
{
    private const string Broken = """{"choices":[{"finish_reason":"error","message":{"role":"assistant","content":"half"}}],"usage":{"prompt_tokens":50,"completion_tokens":3}}""";
    private const string Done = """{"choices":[{"message":{"content":"done"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":10}}""";
    private const string Calling = """{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"append","arguments":"{\"path\":\"a\",\"text\":\"1\"}"}}]}}],"usage":{"prompt_tokens":100,"completion_tokens":10}}""";

    private readonly RunHarness _harness = new();

    private async Task<AgentRunResult> NextAsync(IChatClient model)
    {
        var result = await _harness.RunAsync(model);
        _harness.Attempt++;
        return result;
    }

    [Fact]
    public async Task Answer_Lost_IsBooked_AndTheRunGoesOn()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, Calling, Broken, Done);
        var away = (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.ModelAway>();
        (away.Used.Turns, away.Used.Usage).ShouldBe((2, new Usage(2, 150, 13, 0, 0)));

        var done = (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Completed>();
        (done.Used.Turns, done.Used.Usage).ShouldBe((3, new Usage(3, 250, 23, 0, 0)));
        // The lost answer is not part of the conversation.
        endpoint.Bodies[2].GetProperty("messages").GetRawText().ShouldBe(endpoint.Bodies[1].GetProperty("messages").GetRawText());
    }

    [Theory]
    [InlineData(Broken)]
    [InlineData("""{"choices":[{"message":{"content":"half an ans""")]
    public async Task Answers_LostInARow_EndBounded_AndAreTriedAgainOneByOne(string lost)
    {
        var mended = false;
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, _ => Json(HttpStatusCode.OK, mended ? Done : lost));
        (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.ModelAway>();
        (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.ModelAway>();
        for (var i = 3; i <= 4; i++)
        {
            var failed = (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Failed>();
            (failed.Kind, failed.Used.Usage.Requests, endpoint.Count).ShouldBe((AgentFailure.ModelUnreadable, i, i));
            failed.Used.Usage.InputTokens.ShouldBeGreaterThan(0);
        }
        mended = true;
        (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Completed>().Used.Usage.Requests.ShouldBe(5);
    }

    [Fact]
    public async Task Answers_LostForEver_EndWithTheBudget()
    {
        _harness.Adjust = run => run with { Budget = AgentBudget.Default with { Turns = 6 } };
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, _ => Json(HttpStatusCode.OK, Broken));
        AgentRunResult result;
        do
            result = await NextAsync(endpoint.Client);
        while (result is not AgentRunResult.BudgetExhausted);
        endpoint.Count.ShouldBe(6);
        result.Used.Usage.InputTokens.ShouldBe(300);
    }

    [Fact]
    public async Task Refusal_ThatWasCounted_IsBooked()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, """{"error":{"message":"Insufficient credits","code":402},"usage":{"prompt_tokens":50,"completion_tokens":0}}""");
        var failed = (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Failed>();
        (failed.Kind, failed.Used.Usage.InputTokens).ShouldBe((AgentFailure.ModelCredit, 50));
    }

    [Fact]
    public async Task Refusal_ContentFilter_AndRefusedAnswers_AreBooked()
    {
        var filtered = new FakeEndpoint(OpenAiApi.Chat, """{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":50,"completion_tokens":1}}""");
        (await NextAsync(filtered.Client)).ShouldBeOfType<AgentRunResult.Failed>().Used.Usage.InputTokens.ShouldBe(50);
    }

    [Fact]
    public async Task Process_DiedWhileAsking_TheRequestIsBookedAsAnEstimate()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, Calling, Done);
        _harness.Adjust = run => run with { Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) };
        (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Segment>();

        _harness.Adjust = run => run with { AskedTurn = 2 };
        var done = (await NextAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Completed>();
        (done.Used.Turns, done.Used.Usage.Requests, done.Used.Usage.EstimatedRequests).ShouldBe((3, 3, 1));
        done.Used.Usage.InputTokens.ShouldBeGreaterThan(200);
        // An answer that did reach the journal is none that was lost.
        _harness.Adjust = run => run with { AskedTurn = 3 };
        (await NextAsync(endpoint.Client)).Used.ShouldBe(done.Used);
    }

    [Fact]
    public async Task Journal_TellsWhatARunUsed_WithoutGoingOn()
    {
        var prices = new ModelPrices(new Dictionary<string, ModelPrice> { ["fake-1"] = new(1m, 1m, 10m) });
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, Calling, Broken, Done);
        _harness.Adjust = run => run with { Prices = prices };
        var away = await NextAsync(endpoint.Client);
        var read = await Runner.ReadUsedAsync(_harness.Journal, "run-1", 99, prices, RunHarness.Agent, CancellationToken.None);
        read.ShouldBe(away.Used);
        read.CostUsd.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Models_ThatAnswered_AreToldEachWithItsPrice()
    {
        var prices = new ModelPrices(new Dictionary<string, ModelPrice> { ["fake-1"] = new(1m, 1m, 10m) });
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, Calling, Done);
        _harness.Adjust = run => run with { Prices = prices, Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) };
        await NextAsync(endpoint.Client);
        // The rest of the run is the fallback's.
        _harness.Adjust = run => run with { Prices = prices, Agent = run.Agent with { Model = "other" } };
        var used = (await NextAsync(endpoint.Client)).Used;
        used.Models.Select(m => (m.Model, m.Usage.InputTokens, m.CostUsd, m.HasPrice)).ShouldBe([("fake-1", 100, 0.0002m, true), ("other", 100, 0m, false)]);
        (used.CostUsd, used.CostIsKnown).ShouldBe((0.0002m, false));
        endpoint.Bodies.Select(b => b.GetProperty("model").GetString()).ShouldBe(["fake-1", "other"]);
        JsonSerializer.Deserialize<Consumption>(JsonSerializer.Serialize(used)).ShouldBe(used);
    }

    [Fact]
    public async Task Context_TooLong_IsTrimmedAndAskedAgain_BeforeItFails()
    {
        const int room = 30_000;
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, body =>
            body.GetRawText().Length > room ? Json(HttpStatusCode.BadRequest, """{"error":{"message":"prompt is too long","code":"context_length_exceeded"}}""")
            : Json(HttpStatusCode.OK, body.GetProperty("messages").GetArrayLength() < 12 ? Calling : Done));
        var turn = 0;
        var tools = new[] { AIFunctionFactory.Create((string path, string text) => $"{turn++}{new string('x', 9_000)}", "append") };
        (await _harness.RunAsync(endpoint.Client, tools)).ShouldBeOfType<AgentRunResult.Completed>();
        endpoint.Bodies.Count(b => b.GetRawText().Length > room).ShouldBeInRange(1, 3);

        // What does not get shorter any more is told, after few tries.
        var never = new FakeEndpoint(OpenAiApi.Chat, _ => Json(HttpStatusCode.BadRequest, """{"error":{"message":"prompt is too long"}}"""));
        (await new RunHarness().RunAsync(never.Client)).ShouldBeOfType<AgentRunResult.Failed>().Kind.ShouldBe(AgentFailure.ModelContext);
        never.Count.ShouldBeLessThanOrEqualTo(4);
    }

    // Names with a namespace, in another case, or with marks of the model behind them mean the tool; others stay unknown.
    [Theory]
    [InlineData("append", true)]
    [InlineData("functions.append", true)]
    [InlineData("default_api:append", true)]
    [InlineData("mcp__workspace__append", true)]
    [InlineData("Append", true)]
    [InlineData("append<|channel|>commentary", true)]
    [InlineData(" append\n", true)]
    [InlineData("tools/APPEND", true)]
    [InlineData("appendix", false)]
    [InlineData("workspace__", false)]
    [InlineData("", false)]
    public async Task Tool_UnderAnotherName_IsTheTool(string name, bool runs)
    {
        var body = new { choices = new[] { new { message = new { tool_calls = new[] { new { id = "c", function = new { name, arguments = """{"path":"a","text":"1"}""" } } } } } } }.Json();
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, body, Done);
        await _harness.RunAsync(endpoint.Client);
        _harness.Workspace.Content.ShouldBe(runs ? """{"a":"1"}""" : "{}");
        if (runs)
            endpoint.Bodies[1].GetProperty("messages")[2].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString().ShouldBe("append");
    }

    // A person's word is asked for the tool, whatever the model calls it.
    [Fact]
    public async Task Tool_GuardedUnderAnotherName_StillWaitsForAPerson()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, """{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"functions.Deploy","arguments":"{}"}}]}}]}""");
        (await _harness.RunAsync(endpoint.Client, Functions.With(() => 1, "deploy", CodingAgent.Agents.Tools.ToolTraits.NeedsApprovalKey)))
            .ShouldBeOfType<AgentRunResult.NeedsApproval>().Pending.ShouldHaveSingleItem().Tool.ShouldBe("deploy");
    }

    // Cut in the middle of a call: the call is not run on half of what was meant.
    [Theory]
    [InlineData("")]
    [InlineData("{\\\"path\\\":\\\"a\\\",\\\"te")]
    public async Task Call_CutAtTheOutputLimit_IsNotRun(string arguments)
    {
        var endpoint = new FakeEndpoint(
            OpenAiApi.Chat, $$$"""{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"touch","arguments":"{{{arguments}}}"}}]},"finish_reason":"length"}]}""", Done);
        var ran = 0;
        await _harness.RunAsync(endpoint.Client, AIFunctionFactory.Create(() => ++ran, "touch"));
        ran.ShouldBe(0);
        endpoint.Bodies[1].GetProperty("messages")[3].GetProperty("content").GetString().ShouldNotBeNull().ShouldContain("cut at the output limit");
    }
}
