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
