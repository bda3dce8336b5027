using System.Diagnostics;
using System.Diagnostics.Metrics;
using CodingAgent.Agents.Guardrails;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Telemetry;
using CodingAgent.Agents.Tests.Fakes;

namespace CodingAgent.Agents.Tests.Runs;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Run_IsTracedUnderTheGenAiNames_WithoutContent()
    {
        var conversation = Guid.NewGuid().ToString();
        var spans = new List<Activity>();
        using var root = new ActivitySource(conversation);
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == AgentTelemetry.Name || s.Name == conversation,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                lock (spans)
                    spans.Add(a);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var tokens = 0L;
        using var meter = new MeterListener();
        meter.InstrumentPublished = (i, l) =>
        {
            if (i.Meter.Name == AgentTelemetry.Name && i.Name == "gen_ai.client.token.usage")
                l.EnableMeasurementEvents(i);
        };
        meter.SetMeasurementEventCallback<long>((_, n, tags, _) =>
        {
            if (tags.ToArray().Any(t => t is { Key: "gen_ai.request.model", Value: string model } && model == conversation))
                Interlocked.Add(ref tokens, n);
        });
        meter.Start();

        var harness = new RunHarness
        {
            Adjust = run => run with { ConversationId = conversation, Agent = RunHarness.Agent with { Model = conversation } },
        };
        string trace;
        using (var test = root.StartActivity("test")!)
        {
            trace = test.TraceId.ToString();
            await harness.RunAsync(new FakeModel(FakeModel.Call("append", """{"path":"a","text":"very secret"}"""), FakeModel.Says("done")));
        }

        var ours = spans.Where(s => s.TraceId.ToString() == trace && s.Source.Name == AgentTelemetry.Name).ToList();
        ours.Select(s => s.DisplayName).ShouldBe([$"chat {conversation}", "execute_tool append", "turn tester", $"chat {conversation}", "turn tester", "invoke_agent tester"]);
        var chat = ours[0];
        (chat.ParentSpanId, ours[1].ParentSpanId).ShouldBe((ours[2].SpanId, ours[2].SpanId));
        ours[4].ParentSpanId.ShouldBe(ours[5].SpanId);
        chat.Kind.ShouldBe(ActivityKind.Client);
        chat.GetTagItem("gen_ai.conversation.id").ShouldBe(conversation);
        chat.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(100L);
        chat.GetTagItem("gen_ai.usage.cache_read.input_tokens").ShouldBe(40L);
        chat.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "tool_calls" });
        ours.SelectMany(s => s.TagObjects).ShouldAllBe(t => !$"{t.Value}".Contains("secret", StringComparison.Ordinal));
        tokens.ShouldBe(220);
    }

    [Fact]
    public async Task Run_TakenUpAfterItsWorkerDied_AndACallThatIsStopped_AreCounted()
    {
        var name = $"agent-{Guid.NewGuid()}";
        var counted = new List<string>();
        using var meter = new MeterListener();
        meter.InstrumentPublished = (i, l) =>
        {
            if (i.Meter.Name == AgentTelemetry.Name && i is Counter<long>)
                l.EnableMeasurementEvents(i);
        };
        meter.SetMeasurementEventCallback<long>((i, n, tags, _) =>
        {
            if (!tags.ToArray().Any(t => name.Equals(t.Value)))
                return;
            lock (counted)
                counted.Add($"{i.Name} {n}");
        });
        meter.Start();
        var guardrail = new InputGuardrail(name, (_, _) => ValueTask.FromResult(GuardrailVerdict.Trip("No.")));
        var harness = new RunHarness { Adjust = run => run with { Agent = RunHarness.Agent with { Name = name }, Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) } };
        var model = new FakeModel(FakeModel.Call("append", """{"path":"a","text":"1"}"""), FakeModel.Call("append", """{"path":"a","text":"2"}"""), FakeModel.Says("done"));

        await harness.RunAsync(model);
        harness.Attempt = AgentRun.FenceOf(1, 1);
        await harness.RunAsync(model);
        counted.ShouldBeEmpty("the next segment is no second attempt");
        harness.Attempt = AgentRun.FenceOf(1, 2);
        await harness.RunAsync(model);
        counted.ShouldBe(["coding_agent.runs.resumed 1"]);

        await new RunHarness { Adjust = run => run with { Agent = RunHarness.Agent with { InputGuardrails = [guardrail] } } }.RunAsync(model);
        counted.ShouldBe(["coding_agent.runs.resumed 1", "coding_agent.guardrail.blocks 1"]);
    }

    [Fact]
    public async Task Hooks_AreToldWhatHappens_AndHoldUpNothing()
    {
        var told = new Told();
        var harness = new RunHarness
        {
            Adjust = run => run with { Hooks = told, Agent = RunHarness.Agent with { Handoffs = [new("helper", "Helps.") { Agent = RunHarness.Agent with { Name = "helper" } }] } },
        };
        var model = new FakeModel((turn, messages) => messages.Any(m => m.Text.Contains("handed over to you", StringComparison.Ordinal))
            ? FakeModel.Says("help")
            : turn == 1 ? FakeModel.Call("append", """{"path":"a","text":"x"}""") : turn == 2 ? FakeModel.Call("transfer_to_helper", """{"reason":"r"}""") : FakeModel.Says("done"));
        (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>();

        told.Lines.ShouldBe(
        [
            "tester asks 1", "tester answered 1", "append runs", "append ran", "tester asks 2", "tester answered 2", "tester to helper", "helper asks 3", "helper answered 3",
            "tester asks 4", "tester answered 4", "run-1 Completed",
        ]);
        told.Lines.Clear();
        harness.Attempt = 2;
        await harness.RunAsync(model);
        told.Lines.ShouldBe(["run-1 Completed"], "what is read back from the journal happens no second time");
    }

    private sealed class Told : CodingAgent.Agents.Runs.AgentHooks
    {
        public List<string> Lines { get; } = [];

        public override void TurnStarting(string agent, int turn) => Add($"{agent} asks {turn}");

        public override void Answered(string agent, int turn, Microsoft.Extensions.AI.ChatResponse answer, TimeSpan elapsed) => Add($"{agent} answered {turn}");

        public override void ToolStarting(string agent, int turn, Microsoft.Extensions.AI.FunctionCallContent call) => Add($"{call.Name} runs");

        public override void ToolFinished(string agent, int turn, Microsoft.Extensions.AI.FunctionCallContent call, string output) => Add($"{call.Name} ran");

        public override void HandedOver(string from, string to) => Add($"{from} to {to}");

        public override void Ended(string runId, CodingAgent.Agents.Runs.AgentRunResult result) => Add($"{runId} {result.GetType().Name}");

        private void Add(string line)
        {
            Lines.Add(line);
            throw new InvalidOperationException("a hook that is broken");
        }
    }
}
