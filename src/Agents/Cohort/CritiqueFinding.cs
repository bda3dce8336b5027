using System.ComponentModel.DataAnnotations;

namespace CodingAgent.Agents.Cohort;

/// <summary>One finding of the critic.</summary>
/// <param name="Path">File, or empty for the change as a whole.</param>
/// <param name="Severity"><c>blocking</c> or <c>advice</c>.</param>
/// <param name="Note">What is wrong and what would be right.</param>
public sealed record CritiqueFinding(
    string Path, [property: AllowedValues("blocking", "advice")] string Severity, string Note);
