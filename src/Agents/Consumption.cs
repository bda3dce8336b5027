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

    /// <summary>Adds two amounts.</summary>
    public static Consumption operator +(Consumption a, Consumption b) =>
        new(a.Turns + b.Turns, a.Usage + b.Usage, a.CostUsd + b.CostUsd, a.Active + b.Active);

    /// <summary>Adds another amount.</summary>
    public Consumption Add(Consumption other) => this + other;
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
        Math.Max(0, call?.ReasoningTokenCount ?? 0));

    /// <summary>Adds two amounts.</summary>
    public static Usage operator +(Usage a, Usage b) => new(
        a.Requests + b.Requests, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens,
        a.CachedTokens + b.CachedTokens, a.ReasoningTokens + b.ReasoningTokens);

    /// <summary>Adds another amount.</summary>
    public Usage Add(Usage other) => this + other;
}
