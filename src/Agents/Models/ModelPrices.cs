using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>Prices from configuration, by model name.</summary>
/// <param name="ByModel">Name, or the beginning of a dated name: <c>x-1</c> also prices <c>x-1-2026-01-31</c>; the longest match counts.</param>
public sealed record ModelPrices(IReadOnlyDictionary<string, ModelPrice> ByModel)
{
    /// <summary>No prices known.</summary>
    public static ModelPrices None { get; } = new(new Dictionary<string, ModelPrice>());

    /// <summary>Price of a model; null when none is configured.</summary>
    public ModelPrice? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ByModel
            .Where(p => model == p.Key || model.StartsWith(p.Key + "-", StringComparison.Ordinal))
            .OrderByDescending(p => p.Key.Length)
            .Select(p => p.Value)
            .FirstOrDefault();
    }

    /// <summary>What one answer of a model used; its turn is counted when it is over.</summary>
    /// <param name="model">Model that was asked.</param>
    /// <param name="counted">Tokens, as counted or estimated; null for none.</param>
    /// <param name="elapsed">Time it took.</param>
    public Consumption ConsumptionOf(string model, UsageDetails? counted, TimeSpan elapsed)
    {
        var usage = Usage.Of(counted);
        var cost = CostOf(model, usage);
        return new Consumption(0, usage, cost, elapsed) { Models = [new ModelUse(model, usage, cost, Find(model) is not null)] };
    }

    /// <summary>US dollars of an amount; 0 for a model without a price.</summary>
    public decimal CostOf(string model, Usage usage)
    {
        ArgumentNullException.ThrowIfNull(usage);
        if (Find(model) is not { } price)
            return 0m;
        var fresh = Math.Max(0, usage.InputTokens - usage.CachedTokens);
        return ((fresh * price.Input) + (usage.CachedTokens * price.Cached) + (usage.OutputTokens * price.Output)) / 1_000_000m;
    }
}

/// <summary>Price of a model, in US dollars per million tokens.</summary>
/// <param name="Input">Input tokens that were not cached.</param>
/// <param name="Cached">Input tokens served from the prompt cache.</param>
/// <param name="Output">Output tokens, reasoning included.</param>
public sealed record ModelPrice(decimal Input, decimal Cached, decimal Output);
