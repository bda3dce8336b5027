using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

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
        "minItems", "maxItems", "$ref", "anyOf", "oneOf", "items", "properties", "required", "additionalProperties", "$defs", "definitions",
    };

    /// <summary>Converts a schema; false when it allows free-form objects or values, which the strict form cannot say.</summary>
    public static bool TryConvert(JsonElement schema, out JsonElement strict)
    {
        strict = default;
        if (schema.ValueKind != JsonValueKind.Object)
            return false;
        var isSayable = true;
        try
        {
            var converted = AIJsonUtilities.TransformSchema(schema, new AIJsonSchemaTransformOptions
            {
                MoveDefaultKeywordToDescription = true,
                TransformSchemaNode = (_, node) =>
                {
                    // A schema of "true" or {} admits anything: not strict. "False" is only ever said of what else there may be.
                    isSayable &= node is JsonObject one ? Convert(one) : node.GetValueKind() == JsonValueKind.False;
                    return node;
                },
            });
            if (isSayable)
                strict = converted;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Not a schema: a type that is no word, properties that are no object.
            return false;
        }
        return isSayable;
    }

    // Called for the parts of a schema before the whole.
    private static bool Convert(JsonObject schema)
    {
        // Names by pattern are names that cannot be listed.
        if (schema.ContainsKey("patternProperties"))
            return false;
        foreach (var name in schema.Select(m => m.Key).Where(k => !Kept.Contains(k)).ToList())
            schema.Remove(name);
        if (schema["oneOf"] is { } options)
        {
            schema.Remove("oneOf");
            schema["anyOf"] = options;
        }
        if (AllowsType(schema, "array") && !schema.ContainsKey("items"))
            return false;
        if (AllowsType(schema, "object") || schema.ContainsKey("properties"))
            return CloseObject(schema);
        schema.Remove("required");
        schema.Remove("additionalProperties");
        return ((string[])["type", "anyOf", "$ref", "enum", "const"]).Any(schema.ContainsKey);
    }

    private static bool CloseObject(JsonObject schema)
    {
        if (schema["additionalProperties"] is { } more && more.GetValueKind() != JsonValueKind.False)
            return false;
        var required = (schema["required"] as JsonArray ?? []).Select(n => n?.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        schema["properties"] ??= new JsonObject();
        if (schema["properties"] is not JsonObject properties)
            return false;
        foreach (var name in properties.Select(p => p.Key).Where(p => !required.Contains(p)).ToList())
        {
            var optional = properties[name] ?? throw new InvalidOperationException($"The schema of {name} is null.");
            properties[name] = null;
            properties[name] = Nullable(optional.AsObject());
        }
        schema["type"] ??= "object";
        schema["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p.Key)]);
        schema["additionalProperties"] = false;
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
