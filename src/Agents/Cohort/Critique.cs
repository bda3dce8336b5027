using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CodingAgent.Agents.Cohort;

/// <summary>The critic's structured output over a diff.</summary>
/// <param name="Approved">True when nothing blocking was found.</param>
/// <param name="Findings">What was found.</param>
public sealed record Critique(
    [property: Description("True exactly when no finding is blocking.")] bool Approved,
    [property: Description("What was found; may be empty.")] IReadOnlyList<CritiqueFinding> Findings);

/// <summary>One finding of the critic.</summary>
/// <param name="Path">File, or empty for the change as a whole.</param>
/// <param name="Severity"><c>blocking</c> or <c>advice</c>.</param>
/// <param name="Note">What is wrong and what would be right.</param>
public sealed record CritiqueFinding(
    [property: Description("File the finding is on, or empty for the change as a whole.")] string Path,
    [property: Description("blocking only for what must not be merged."), AllowedValues("blocking", "advice")] string Severity,
    [property: Description("What is wrong, how it shows, and what would be right.")] string Note);
