using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Agents.Tools;

/// <summary>
/// Turns a JSON schema into the strict form model endpoints enforce while sampling: every property required (what was optional
/// becomes nullable), no other properties, only keywords that form knows. Source: OpenAI's structured outputs guide.
/// </summary>
public static class StrictSchema
{
    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal)
    {
        "type", "description", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minItems", "maxItems", "$ref",
    };

    /// <summary>Converts a schema; false when it allows free-form objects, which the strict form cannot say.</summary>
    public static bool TryConvert(JsonElement schema, out JsonElement strict)
    {
        strict = default;
        if (schema.ValueKind != JsonValueKind.Object || Convert(schema) is not { } node)
            return false;
        strict = JsonSerializer.SerializeToElement(node);
        return true;
    }

    private static JsonObject? Convert(JsonElement schema)
    {
        // A schema of "true" or {} admits anything: not strict.
        if (schema.ValueKind != JsonValueKind.Object)
            return null;
        var result = new JsonObject();
        foreach (var member in schema.EnumerateObject())
        {
            if (Kept.Contains(member.Name))
                result[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }

        foreach (var (from, to) in new[] { ("anyOf", "anyOf"), ("oneOf", "anyOf") })
        {
            if (!schema.TryGetProperty(from, out var options))
                continue;
            var converted = new JsonArray();
            foreach (var option in options.EnumerateArray())
            {
                if (Convert(option) is not { } one)
                    return null;
                converted.Add(one);
            }
            result[to] = converted;
        }

        foreach (var name in new[] { "$defs", "definitions" })
        {
            if (schema.TryGetProperty(name, out var definitions) && !AddMap(result, name, definitions))
                return null;
        }

        if (schema.TryGetProperty("items", out var items))
        {
            if (Convert(items) is not { } one)
                return null;
            result["items"] = one;
        }
        else if (AllowsType(result, "array"))
        {
            return null;
        }

        if (AllowsType(result, "object") || schema.TryGetProperty("properties", out _))
            return AddProperties(result, schema) ? result : null;
        return result.ContainsKey("type") || result.ContainsKey("anyOf") || result.ContainsKey("$ref") || result.ContainsKey("enum") || result.ContainsKey("const")
            ? result
            : null;
    }

    private static bool AddProperties(JsonObject result, JsonElement schema)
    {
        if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind is not JsonValueKind.False)
            return false;
        var required = schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        var properties = new JsonObject();
        if (schema.TryGetProperty("properties", out var members))
        {
            foreach (var member in members.EnumerateObject())
            {
                if (Convert(member.Value) is not { } one)
                    return false;
                if (member.Value.TryGetProperty("default", out var fallback) && fallback.ValueKind != JsonValueKind.Null)
                    one["description"] = $"{one["description"]?.GetValue<string>()} (default {fallback.GetRawText()})".TrimStart();
                properties[member.Name] = required.Contains(member.Name) ? one : Nullable(one);
            }
        }
        result["type"] ??= "object";
        result["properties"] = properties;
        result["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]);
        result["additionalProperties"] = false;
        return true;
    }

    private static bool AddMap(JsonObject result, string name, JsonElement map)
    {
        var converted = new JsonObject();
        foreach (var member in map.EnumerateObject())
        {
            if (Convert(member.Value) is not { } one)
                return false;
            converted[member.Name] = one;
        }
        result[name] = converted;
        return true;
    }

    private static JsonObject Nullable(JsonObject schema)
    {
        switch (schema["type"])
        {
            case JsonArray types:
                if (!types.Any(t => t!.GetValue<string>() == "null"))
                    types.Add("null");
                break;
            case JsonValue type:
                schema["type"] = new JsonArray(type.GetValue<string>(), "null");
                break;
            default:
                return new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        }
        if (schema["enum"] is JsonArray values && !values.Contains(null))
            values.Add(null);
        return schema;
    }

    private static bool AllowsType(JsonObject schema, string type) => schema["type"] switch
    {
        JsonArray types => types.Any(t => t!.GetValue<string>() == type),
        JsonValue one => one.GetValue<string>() == type,
        _ => false,
    };
}
