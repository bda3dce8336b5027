using System.Diagnostics;
using System.Diagnostics.Metrics;
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
        ours.Select(s => s.DisplayName).ShouldBe([$"chat {conversation}", "execute_tool append", $"chat {conversation}", "invoke_agent tester"]);
        var chat = ours[0];
        chat.Kind.ShouldBe(ActivityKind.Client);
        chat.GetTagItem("gen_ai.conversation.id").ShouldBe(conversation);
        chat.GetTagItem("gen_ai.usage.input_tokens").ShouldBe(100L);
        chat.GetTagItem("gen_ai.usage.cache_read.input_tokens").ShouldBe(40L);
        chat.GetTagItem("gen_ai.response.finish_reasons").ShouldBe(new[] { "tool_calls" });
        ours.SelectMany(s => s.TagObjects).ShouldAllBe(t => !$"{t.Value}".Contains("secret", StringComparison.Ordinal));
        tokens.ShouldBe(220);
    }
}
