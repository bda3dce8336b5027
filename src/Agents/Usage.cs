namespace CodingAgent.Agents;

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

    /// <summary>Adds two amounts.</summary>
    public static Usage operator +(Usage a, Usage b) => new(
        a.Requests + b.Requests, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens,
        a.CachedTokens + b.CachedTokens, a.ReasoningTokens + b.ReasoningTokens);

    /// <summary>Adds another amount.</summary>
    public Usage Add(Usage other) => this + other;
}
