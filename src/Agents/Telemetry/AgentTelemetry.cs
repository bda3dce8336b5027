using System.Diagnostics;
using System.Diagnostics.Metrics;
using CodingAgent.Agents.Guardrails;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Telemetry;

/// <summary>
/// Traces and metrics of agent runs under the OpenTelemetry GenAI names. Message content, tool arguments and outputs are never
/// recorded.
/// </summary>
public static class AgentTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "CodingAgent.Agents";

    /// <summary>Source of spans <c>invoke_agent</c>, <c>turn</c>, <c>chat</c>, <c>execute_tool</c>, <c>handoff</c> and <c>guardrail</c>.</summary>
    public static ActivitySource Source { get; } = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<long> Tokens = Meter.CreateHistogram<long>(
        "gen_ai.client.token.usage", "{token}", "Tokens of one model call, by type.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "gen_ai.client.operation.duration", "s", "Duration of one model call.");

    private static readonly Counter<long> Resumed = Meter.CreateCounter<long>(
        "coding_agent.runs.resumed", "{run}", "Agent runs that went on from their journal after the attempt before had died.");

    private static readonly Counter<long> Blocked = Meter.CreateCounter<long>(
        "coding_agent.guardrail.blocks", "{call}", "What guardrails of agents stopped, by guardrail and outcome.");

    internal static Activity? StartAgent(string agent, string model, string? conversation, string provider)
    {
        var span = Source.StartActivity($"invoke_agent {agent}", ActivityKind.Internal);
        span?.SetTag("gen_ai.operation.name", "invoke_agent")
            .SetTag("gen_ai.provider.name", provider)
            .SetTag("gen_ai.agent.name", agent)
            .SetTag("gen_ai.request.model", model)
            .SetTag("gen_ai.conversation.id", conversation);
        return span;
    }

    internal static Activity? StartChat(string agent, string model, string? conversation, ChatClientMetadata endpoint)
    {
        var span = Source.StartActivity($"chat {model}", ActivityKind.Client);
        span?.SetTag("gen_ai.operation.name", "chat")
            .SetTag("gen_ai.provider.name", endpoint.ProviderName)
            .SetTag("server.address", endpoint.ProviderUri?.Host)
            .SetTag("server.port", endpoint.ProviderUri?.Port)
            .SetTag("gen_ai.agent.name", agent)
            .SetTag("gen_ai.conversation.id", conversation)
            .SetTag("gen_ai.request.model", model);
        return span;
    }

    internal static Activity? StartTurn(string agent, int turn, string? conversation)
    {
        var span = Source.StartActivity($"turn {agent}", ActivityKind.Internal);
        span?.SetTag("gen_ai.operation.name", "turn").SetTag("gen_ai.agent.name", agent).SetTag("coding_agent.turn", turn).SetTag("gen_ai.conversation.id", conversation);
        return span;
    }

    internal static Activity? StartHandoff(string from, string to, string? conversation)
    {
        var span = Source.StartActivity($"handoff {to}", ActivityKind.Internal);
        span?.SetTag("gen_ai.operation.name", "handoff")
            .SetTag("gen_ai.agent.name", from)
            .SetTag("coding_agent.handoff.target", to)
            .SetTag("gen_ai.conversation.id", conversation);
        return span;
    }

    internal static Activity? StartGuardrail(string name, string? conversation)
    {
        var span = Source.StartActivity($"guardrail {name}", ActivityKind.Internal);
        span?.SetTag("gen_ai.operation.name", "guardrail").SetTag("coding_agent.guardrail.name", name).SetTag("gen_ai.conversation.id", conversation);
        return span;
    }

    internal static void Judged(Activity? span, string guardrail, GuardrailOutcome outcome)
    {
        var word = outcome switch { GuardrailOutcome.Allow => "allow", GuardrailOutcome.Reject => "reject", _ => "trip" };
        span?.SetTag("coding_agent.guardrail.outcome", word);
        if (outcome != GuardrailOutcome.Allow)
            Blocked.Add(1, new("guardrail", guardrail), new("outcome", word));
    }

    internal static void WentOn(string agent) => Resumed.Add(1, new KeyValuePair<string, object?>("gen_ai.agent.name", agent));

    internal static void ChatAnswered(Activity? span, string provider, string model, ChatResponse response, TimeSpan elapsed)
    {
        var usage = Usage.Of(response.Usage);
        span?.SetTag("gen_ai.response.id", response.ResponseId)
            .SetTag("gen_ai.response.model", response.ModelId)
            .SetTag("gen_ai.response.finish_reasons", new[] { response.FinishReason?.Value ?? "stop" })
            .SetTag("gen_ai.usage.input_tokens", usage.InputTokens)
            .SetTag("gen_ai.usage.output_tokens", usage.OutputTokens)
            .SetTag("gen_ai.usage.cache_read.input_tokens", usage.CachedTokens)
            .SetTag("gen_ai.usage.reasoning.output_tokens", usage.ReasoningTokens);
        var tags = Tags(provider, model);
        Duration.Record(elapsed.TotalSeconds, tags);
        Tokens.Record(usage.InputTokens, [.. tags, new("gen_ai.token.type", "input")]);
        Tokens.Record(usage.OutputTokens, [.. tags, new("gen_ai.token.type", "output")]);
    }

    internal static void ChatFailed(Activity? span, string provider, string model, Exception error, TimeSpan elapsed)
    {
        span?.SetTag("error.type", error.GetType().FullName).SetStatus(ActivityStatusCode.Error);
        Duration.Record(elapsed.TotalSeconds, [.. Tags(provider, model), new("error.type", error.GetType().FullName)]);
    }

    internal static void Embedded(string provider, string model, long tokens, TimeSpan elapsed)
    {
        var tags = Tags(provider, model, "embeddings");
        Duration.Record(elapsed.TotalSeconds, tags);
        Tokens.Record(tokens, [.. tags, new("gen_ai.token.type", "input")]);
    }

    private static KeyValuePair<string, object?>[] Tags(string provider, string model, string operation = "chat") =>
    [
        new("gen_ai.operation.name", operation),
        new("gen_ai.provider.name", provider),
        new("gen_ai.request.model", model),
    ];
}
