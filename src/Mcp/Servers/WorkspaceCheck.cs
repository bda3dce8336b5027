namespace CodingAgent.Mcp.Servers;

/// <summary>A named check of the repository, taken from its base by the caller and never from the workspace.</summary>
/// <param name="Name">Name.</param>
/// <param name="Run">Shell line.</param>
public sealed record WorkspaceCheck(string Name, string Run);
