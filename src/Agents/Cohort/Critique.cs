namespace CodingAgent.Agents.Cohort;

/// <summary>The critic's structured output over a diff.</summary>
/// <param name="Approved">True when nothing blocking was found.</param>
/// <param name="Findings">What was found.</param>
public sealed record Critique(bool Approved, IReadOnlyList<CritiqueFinding> Findings);
