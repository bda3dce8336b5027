namespace CodingAgent.Agents.Cohort;

/// <summary>A check of the repository, taken from its base branch.</summary>
/// <param name="Name">Name.</param>
/// <param name="Run">Shell line.</param>
public sealed record CheckCommand(string Name, string Run);
