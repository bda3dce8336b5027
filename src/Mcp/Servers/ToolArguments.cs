using System.Text.Json;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>Arguments of one call, checked against the schema by us: the library's own errors tell the model nothing.</summary>
internal sealed class ToolArguments
{
    private readonly IReadOnlyDictionary<string, JsonElement> _values;

    private ToolArguments(IReadOnlyDictionary<string, JsonElement> values) => _values = values;

    /// <summary>No arguments: each optional one counts as null.</summary>
    public static ToolArguments None { get; } = new(new Dictionary<string, JsonElement>());

    /// <summary>Checks arguments; a missing optional one counts as null.</summary>
    public static ToolArguments Check(string tool, ToolSchema schema, IEnumerable<KeyValuePair<string, JsonElement>>? arguments)
    {
        var values = (arguments ?? []).Where(a => a.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)).ToDictionary(StringComparer.Ordinal);
        foreach (var name in values.Keys)
        {
            if (schema.Properties.All(p => p.Name != name))
                throw new McpException($"{tool} has no argument '{name}'; it takes {string.Join(", ", schema.Properties.Select(p => p.Name))}.");
        }

        foreach (var property in schema.Properties)
        {
            if (!values.TryGetValue(property.Name, out var value))
            {
                if (!property.Optional) throw new McpException($"{tool} needs the argument '{property.Name}' ({property.Type}): {property.Description}");
                continue;
            }

            var fits = property.Type switch
            {
                "string" => value.ValueKind == JsonValueKind.String,
                "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                _ => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            };
            if (!fits) throw new McpException($"{tool}: the argument '{property.Name}' must be of type {property.Type}, not {Name(value.ValueKind)}.");
        }

        return new ToolArguments(values);
    }

    public string Text(string name) => _values[name].GetString()!;

    public string? OptionalText(string name) => _values.TryGetValue(name, out var value) ? value.GetString() : null;

    public int? OptionalNumber(string name) => _values.TryGetValue(name, out var value) ? value.GetInt32() : null;

    public bool? OptionalFlag(string name) => _values.TryGetValue(name, out var value) ? value.GetBoolean() : null;

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => "a number that is not a whole one",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
