using System.Text.Json;

namespace CodingAgent.Agents.Models;

/// <summary>One turn's question, in our own terms; adapters turn it into a wire request.</summary>
/// <param name="Model">Model name as the endpoint knows it.</param>
/// <param name="Items">Conversation, system text first: a stable prefix, so that prompt caching works.</param>
/// <param name="Tools">Tools offered.</param>
public sealed record ModelRequest(string Model, IReadOnlyList<ModelItem> Items, IReadOnlyList<ToolDefinition> Tools)
{
    /// <summary>JSON schema the final answer must follow (strict); null for free text.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>Name of the output schema on the wire.</summary>
    public string OutputName { get; init; } = "output";

    /// <summary>Upper bound on output tokens, when set.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Our id of the request, the same when it is asked again; endpoints that log it make support and counting easier.</summary>
    public string? RequestId { get; init; }
}
