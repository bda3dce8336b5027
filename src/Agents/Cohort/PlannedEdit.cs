namespace CodingAgent.Agents.Cohort;

/// <summary>One file of a plan.</summary>
/// <param name="Path">Path from the repository root; a glob is not allowed.</param>
/// <param name="Intent">What changes there and why.</param>
public sealed record PlannedEdit(string Path, string Intent);
