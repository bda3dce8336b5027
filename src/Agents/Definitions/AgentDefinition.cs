namespace CodingAgent.Agents.Definitions;

/// <summary>Who an agent is: its instructions, its model and the shape of its final answer.</summary>
/// <param name="Name">Role name as it appears in traces, progress and people's text, such as <c>coder</c>.</param>
/// <param name="Instructions">System text: a stable prefix, the same in every run of the role.</param>
/// <param name="Model">Model name as the endpoint knows it.</param>
public sealed record AgentDefinition(string Name, string Instructions, string Model)
{
    /// <summary>Shape of the final answer; null for free text.</summary>
    public OutputContract? Output { get; init; }

    /// <summary>Upper bound on output tokens of one turn, when set.</summary>
    public int? MaxOutputTokens { get; init; }
}
