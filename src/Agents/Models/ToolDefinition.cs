using System.Text.Json;

namespace CodingAgent.Agents.Models;

/// <summary>A tool as a model sees it.</summary>
/// <param name="Name">Function name.</param>
/// <param name="Description">What it does and when to use it.</param>
/// <param name="Parameters">JSON schema of the arguments.</param>
public sealed record ToolDefinition(string Name, string Description, JsonElement Parameters)
{
    /// <summary>The schema is in the strict form, and the endpoint is to enforce it.</summary>
    public bool Strict { get; init; } = true;
}
