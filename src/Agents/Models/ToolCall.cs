namespace CodingAgent.Agents.Models;

/// <summary>A call the model asks for.</summary>
/// <param name="Id">The model's id of the call; its output answers it.</param>
/// <param name="Name">Tool name as the model wrote it.</param>
/// <param name="Arguments">Raw JSON text as the model wrote it; may be anything.</param>
public sealed record ToolCall(string Id, string Name, string Arguments);
