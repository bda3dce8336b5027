namespace CodingAgent.BotHost.Configuration;

/// <summary>Which model plays which role.</summary>
/// <param name="Planner">Plans.</param>
/// <param name="Coder">Edits.</param>
/// <param name="Critic">Reviews the diff.</param>
/// <param name="Fixer">Answers CI and reviews.</param>
public sealed record RoleModels(string Planner, string Coder, string Critic, string Fixer);
