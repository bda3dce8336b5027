using System.ComponentModel;

namespace CodingAgent.Agents.Cohort;

/// <summary>One file of a plan.</summary>
/// <param name="Path">Path from the repository root; a glob is not allowed.</param>
/// <param name="Intent">What changes there and why.</param>
public sealed record PlannedEdit(
    [property: Description("Path of one file from the repository root; no glob.")] string Path,
    [property: Description("What changes there and why, concrete enough to check.")] string Intent);
