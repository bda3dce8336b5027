using System.Text.Json.Nodes;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>What an API call answers.</summary>
internal sealed record Answer(int Status, JsonNode? Body = null)
{
    public string? Link { get; init; }

    /// <summary>Where to look instead.</summary>
    public string? Location { get; init; }

    /// <summary>A body that is not JSON, e.g. a diff.</summary>
    public string? Text { get; init; }

    /// <summary>A body that is a file's own bytes.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Answer NoContent { get; } = new(204);

    public static Answer Ok(JsonNode body) => new(200, body);

    public static Answer Created(JsonNode body) => new(201, body);
}
