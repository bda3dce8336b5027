namespace CodingAgent.Agents;

/// <summary>Limits of a run. They hold across retries and segments, because what was used is read back from the journal.</summary>
/// <param name="Turns">Model turns.</param>
/// <param name="Tokens">Tokens that count (<see cref="Usage.CountedTokens"/>): input the model had not read before, and output.</param>
/// <param name="CostUsd">US dollars, by the configured prices; a model without a price costs nothing here, so tokens are the backstop.</param>
/// <param name="Active">Working time: waiting for the model and running tools. Time lost in a crashed attempt is not counted.</param>
public sealed record AgentBudget(int Turns, long Tokens, decimal CostUsd, TimeSpan Active)
{
    /// <summary>Defaults of the policy file (product.md §3): 60 turns, 2,000,000 tokens, 5 dollars, 45 minutes.</summary>
    public static AgentBudget Default { get; } = new(60, 2_000_000, 5m, TimeSpan.FromMinutes(45));

    /// <summary>What is left after an amount was used; never below zero.</summary>
    public AgentBudget Minus(Consumption used)
    {
        ArgumentNullException.ThrowIfNull(used);
        return new AgentBudget(
            Math.Max(0, Turns - used.Turns),
            Math.Max(0, Tokens - used.Usage.CountedTokens),
            Math.Max(0, CostUsd - used.CostUsd),
            Active > used.Active ? Active - used.Active : TimeSpan.Zero);
    }

    /// <summary>The first limit an amount has reached; null when none.</summary>
    public BudgetKind? FirstReached(Consumption used)
    {
        ArgumentNullException.ThrowIfNull(used);
        return used.Turns >= Turns ? BudgetKind.Turns
            : used.Usage.CountedTokens >= Tokens ? BudgetKind.Tokens
            : used.CostUsd >= CostUsd ? BudgetKind.Cost
            : used.Active >= Active ? BudgetKind.ActiveTime
            : null;
    }
}

/// <summary>Which limit of a budget.</summary>
public enum BudgetKind
{
    /// <summary>Model turns.</summary>
    Turns,

    /// <summary>Tokens.</summary>
    Tokens,

    /// <summary>Dollars.</summary>
    Cost,

    /// <summary>Working time.</summary>
    ActiveTime,
}
