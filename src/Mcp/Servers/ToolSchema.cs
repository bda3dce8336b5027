using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Input schemas in the strict form of OpenAI's structured outputs: every property is required, an optional one may be null, and nothing
/// else is accepted.
/// </summary>
internal sealed class ToolSchema
{
    private readonly List<Property> _properties = [];

    public IReadOnlyList<Property> Properties => _properties;

    public ToolSchema Text(string name, string description) => Add(new Property(name, "string", Optional: false, description));

    public ToolSchema OptionalText(string name, string description) => Add(new Property(name, "string", Optional: true, description));

    public ToolSchema OptionalNumber(string name, string description) => Add(new Property(name, "integer", Optional: true, description));

    public ToolSchema OptionalFlag(string name, string description) => Add(new Property(name, "boolean", Optional: true, description));

    public JsonElement ToJson()
    {
        var properties = new JsonObject();
        foreach (var p in _properties)
        {
            JsonNode type = p.Optional ? new JsonArray(p.Type, "null") : JsonValue.Create(p.Type);
            properties[p.Name] = new JsonObject { ["type"] = type, ["description"] = p.Description };
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. _properties.Select(p => (JsonNode)p.Name)]),
            ["additionalProperties"] = false,
        };
        return JsonSerializer.SerializeToElement(schema);
    }

    private ToolSchema Add(Property property)
    {
        _properties.Add(property);
        return this;
    }

    /// <summary>One argument of a tool.</summary>
    internal sealed record Property(string Name, string Type, bool Optional, string Description);
}
