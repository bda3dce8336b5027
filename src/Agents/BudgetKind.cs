namespace CodingAgent.Agents;

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
