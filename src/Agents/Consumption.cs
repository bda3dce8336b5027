using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents;

/// <summary>What a run has used so far, over all its attempts and segments.</summary>
/// <param name="Turns">Finished turns.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="CostUsd">US dollars.</param>
/// <param name="Active">Working time.</param>
public sealed record Consumption(int Turns, Usage Usage, decimal CostUsd, TimeSpan Active)
{
    /// <summary>Nothing used.</summary>
    public static Consumption Zero { get; } = new(0, Usage.Zero, 0m, TimeSpan.Zero);

    /// <summary>Which models answered, and what each used, in the order of their first answer.</summary>
    public IReadOnlyList<ModelUse> Models { get; init; } = [];

    /// <summary>Which agents worked, by which prompts, and what each used, in the order of their first answer.</summary>
    public IReadOnlyList<AgentUse> Agents { get; init; } = [];

    /// <summary>False when a model was used whose price is not configured: what it cost is not in the cost.</summary>
    [JsonIgnore]
    public bool CostIsKnown => Models.Count > 0
        ? Models.All(m => m.HasPrice || m.Usage.InputTokens + m.Usage.OutputTokens == 0)
        : CostUsd > 0 || Usage.InputTokens + Usage.OutputTokens == 0;

    /// <summary>Adds two amounts.</summary>
    public static Consumption operator +(Consumption a, Consumption b) =>
        new(a.Turns + b.Turns, a.Usage + b.Usage, a.CostUsd + b.CostUsd, a.Active + b.Active)
        {
            Models = [.. a.Models.Concat(b.Models).GroupBy(m => m.Model, StringComparer.Ordinal).Select(g => g.Aggregate((x, y) => x + y))],
            Agents = [.. a.Agents.Concat(b.Agents).GroupBy(u => (u.Agent, u.Prompt)).Select(g => g.Aggregate((x, y) => x + y))],
        };

    /// <summary>One finished turn of an agent.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="prompt">Version of its prompt; empty for one that is not known.</param>
    public static Consumption Turn(string agent, string prompt) => Zero with { Turns = 1, Agents = [new AgentUse(agent, prompt, 1, Usage.Zero, 0m)] };

    /// <summary>The same amount as that of an agent.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="prompt">Version of its prompt.</param>
    public Consumption Of(string agent, string prompt) => this with { Agents = [new AgentUse(agent, prompt, Turns, Usage, CostUsd)] };

    /// <summary>Equal when all of it is, model by model.</summary>
    public bool Equals(Consumption? other) =>
        other is not null && (Turns, Usage, CostUsd, Active) == (other.Turns, other.Usage, other.CostUsd, other.Active) && Models.SequenceEqual(other.Models) && Agents.SequenceEqual(other.Agents);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Turns, Usage, CostUsd, Active);

    /// <summary>Adds another amount.</summary>
    public Consumption Add(Consumption other) => this + other;
}

/// <summary>What one model used of a consumption.</summary>
/// <param name="Model">Name, as it was asked for.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="CostUsd">US dollars; 0 without a price.</param>
/// <param name="HasPrice">Whether a price is configured for it.</param>
public sealed record ModelUse(string Model, Usage Usage, decimal CostUsd, bool HasPrice)
{
    /// <summary>Adds two amounts of one model.</summary>
    public static ModelUse operator +(ModelUse a, ModelUse b) => new(a.Model, a.Usage + b.Usage, a.CostUsd + b.CostUsd, a.HasPrice && b.HasPrice);

    /// <summary>Adds another amount.</summary>
    public ModelUse Add(ModelUse other) => this + other;
}

/// <summary>What one agent used of a consumption.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Prompt">Version of its prompt (<c>AgentDefinition.PromptVersion</c>); empty where it is not known.</param>
/// <param name="Turns">Finished turns.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="CostUsd">US dollars.</param>
public sealed record AgentUse(string Agent, string Prompt, int Turns, Usage Usage, decimal CostUsd)
{
    /// <summary>Adds two amounts of one agent.</summary>
    public static AgentUse operator +(AgentUse a, AgentUse b) => a with { Turns = a.Turns + b.Turns, Usage = a.Usage + b.Usage, CostUsd = a.CostUsd + b.CostUsd };

    /// <summary>Adds another amount.</summary>
    public AgentUse Add(AgentUse other) => this + other;
}

/// <summary>Consumption, summed over turns and nested runs.</summary>
/// <param name="Requests">Model calls.</param>
/// <param name="InputTokens">Input tokens, cached ones included.</param>
/// <param name="OutputTokens">Output tokens, reasoning included.</param>
/// <param name="CachedTokens">Input tokens served from the prompt cache.</param>
/// <param name="ReasoningTokens">Output tokens spent on reasoning.</param>
public sealed record Usage(int Requests, long InputTokens, long OutputTokens, long CachedTokens, long ReasoningTokens)
{
    /// <summary>Nothing used.</summary>
    public static Usage Zero { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Name of the additional count (<see cref="UsageDetails.AdditionalCounts"/>) that marks a call whose tokens are an estimate.</summary>
    public const string EstimatedMark = "coding-agent.estimated";

    /// <summary>How many of the calls were not counted by the endpoint, or not wholly: their tokens are an estimate of ours.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int EstimatedRequests { get; init; }

    /// <summary>
    /// What counts against a token budget: input that was not served from the prompt cache, and output. Every turn sends the conversation
    /// again; counted in full, a budget would end long conversations and not expensive ones.
    /// </summary>
    [JsonIgnore]
    public long CountedTokens => Math.Max(0, InputTokens - CachedTokens) + OutputTokens;

    /// <summary>One model call, as the chat client counted it; null when it did not.</summary>
    public static Usage Of(UsageDetails? call) => new(
        1,
        Math.Max(0, call?.InputTokenCount ?? 0),
        Math.Max(0, call?.OutputTokenCount ?? 0),
        Math.Max(0, call?.CachedInputTokenCount ?? 0),
        Math.Max(0, call?.ReasoningTokenCount ?? 0))
    {
        EstimatedRequests = call?.AdditionalCounts?.ContainsKey(EstimatedMark) == true ? 1 : 0,
    };

    /// <summary>Adds two amounts.</summary>
    public static Usage operator +(Usage a, Usage b) => new(
        a.Requests + b.Requests, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens,
        a.CachedTokens + b.CachedTokens, a.ReasoningTokens + b.ReasoningTokens)
    {
        EstimatedRequests = a.EstimatedRequests + b.EstimatedRequests,
    };

    /// <summary>Adds another amount.</summary>
    public Usage Add(Usage other) => this + other;
}
