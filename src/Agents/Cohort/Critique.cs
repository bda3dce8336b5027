using System.ComponentModel;

namespace CodingAgent.Agents.Cohort;

/// <summary>The critic's structured output over a diff.</summary>
/// <param name="Approved">True when nothing blocking was found.</param>
/// <param name="Findings">What was found.</param>
public sealed record Critique(
    [property: Description("True exactly when no finding is blocking.")] bool Approved,
    [property: Description("What was found; may be empty.")] IReadOnlyList<CritiqueFinding> Findings);
