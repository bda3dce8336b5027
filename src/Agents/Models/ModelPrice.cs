namespace CodingAgent.Agents.Models;

/// <summary>Price of a model, in US dollars per million tokens.</summary>
/// <param name="Input">Input tokens that were not cached.</param>
/// <param name="Cached">Input tokens served from the prompt cache.</param>
/// <param name="Output">Output tokens, reasoning included.</param>
public sealed record ModelPrice(decimal Input, decimal Cached, decimal Output);
