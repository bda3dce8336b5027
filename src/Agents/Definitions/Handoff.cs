using System.ComponentModel;
using System.Text.Json;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;
using ModelContextProtocol;

namespace CodingAgent.Agents.Definitions;

/// <summary>
/// A way for an agent to hand its work to another one: the model calls <c>transfer_to_&lt;target&gt;</c>. The first such call of a turn wins, and the
/// turn's other calls are not run.
/// </summary>
/// <param name="Target">Name of the agent that takes over.</param>
/// <param name="Description">For the model: when to hand over, and what comes of it.</param>
public sealed record Handoff(string Target, string Description)
{
    /// <summary>What tools that hand over begin with.</summary>
    public const string Prefix = "transfer_to_";

    private static readonly OutputContract WithReason = OutputContract.For<HandoffReason>("handoff", r => string.IsNullOrWhiteSpace(r.Reason) ? "reason is empty: say why the other agent should take over." : null);

    /// <summary>
    /// The agent, when it takes over inside the same run: its answer comes back as the output of the call, and its conversation is left behind. Null
    /// for a handoff that ends the run, for its caller to admit or refuse.
    /// </summary>
    public AgentDefinition? Agent { get; init; }

    /// <summary>What the model hands over with the call; a reason in words where nothing else is said.</summary>
    public OutputContract Arguments { get; init; } = WithReason;

    /// <summary>What an agent that takes over inside the run is told; the whole conversation where nothing else is said.</summary>
    public HandoffFilter Filter { get; init; } = HandoffFilters.WholeConversation;

    /// <summary>Name of the tool.</summary>
    public string ToolName => Prefix + Target;

    /// <summary>The tool as it is offered. It runs only when its arguments cannot be used, and says why.</summary>
    internal AIFunction Tool => new TransferFunction(this);

    /// <summary>What a call hands over; or why it cannot be used, in words for the model.</summary>
    internal (string? Json, string? Error) Read(FunctionCallContent call)
    {
        if (Answers.BrokenArgumentsOf(call) is { } broken)
            return (null, broken);
        var json = Answers.ArgumentsOf(call);
        return Arguments.FirstError(json) is { } error ? (null, error) : (json, null);
    }

    private sealed class TransferFunction(Handoff handoff) : AIFunction
    {
        public override string Name => handoff.ToolName;

        public override string Description => handoff.Description;

        public override JsonElement JsonSchema => handoff.Arguments.Schema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { [ToolTraits.ReadOnlyKey] = true };

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            throw new McpException(handoff.Arguments.FirstError(arguments) ?? "Only the first handoff of a turn counts.");
        }
    }
}

/// <summary>Arguments of a handoff that hands over nothing but a reason.</summary>
/// <param name="Reason">Why.</param>
public sealed record HandoffReason([property: Description("Why the other agent should take over, and what it needs to know.")] string Reason);

/// <summary>Makes of a handoff what the agent that takes over reads after its instructions. Pure: a resumed run calls it again.</summary>
/// <param name="context">What there is.</param>
public delegate IReadOnlyList<ChatMessage> HandoffFilter(HandoffContext context);

/// <summary>What a filter chooses from.</summary>
/// <param name="From">Name of the agent that hands over.</param>
/// <param name="Input">The run's task text.</param>
/// <param name="Conversation">What was said up to the handoff, task text included, the agent's instructions and the handoff itself not.</param>
/// <param name="ArgumentsJson">What was handed over: model output.</param>
public sealed record HandoffContext(string From, IReadOnlyList<ChatMessage> Input, IReadOnlyList<ChatMessage> Conversation, string ArgumentsJson);

/// <summary>Filters that many handoffs need.</summary>
public static class HandoffFilters
{
    /// <summary>Everything that was said, and what was handed over.</summary>
    public static IReadOnlyList<ChatMessage> WholeConversation(HandoffContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return [.. context.Conversation, HandedOver(context)];
    }

    /// <summary>The task and what was handed over, without what was said and read since.</summary>
    public static IReadOnlyList<ChatMessage> TaskOnly(HandoffContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return [.. context.Input, HandedOver(context)];
    }

    private static ChatMessage HandedOver(HandoffContext context) =>
        new(ChatRole.User, $"The {context.From} handed over to you:\n{Outside.Untrusted.Fence($"handed over by {context.From}", context.ArgumentsJson)}");
}
