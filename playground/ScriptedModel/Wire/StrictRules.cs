using System.Text.Json;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>The rules of strict schemas (OpenAI's structured outputs guide): closed objects, every property required.</summary>
internal static class StrictRules
{
    private static readonly string[] Refused = ["default", "oneOf", "allOf", "not", "if", "patternProperties", "dependentRequired"];

    public static void Check(string what, JsonElement schema, string at = "")
    {
        if (schema.ValueKind != JsonValueKind.Object)
            throw Invalid(what, at, "a schema must be an object.");
        foreach (var name in Refused)
        {
            if (schema.TryGetProperty(name, out _))
                throw Invalid(what, at, $"'{name}' is not permitted.");
        }
        if (schema.TryGetProperty("properties", out var properties))
        {
            if (!schema.TryGetProperty("additionalProperties", out var more) || more.ValueKind != JsonValueKind.False)
                throw Invalid(what, at, "'additionalProperties' is required to be supplied and to be false.");
            var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()).ToHashSet() : [];
            foreach (var property in properties.EnumerateObject())
            {
                if (!required.Contains(property.Name))
                    throw Invalid(what, at, $"'required' is required to be supplied and to be an array including every key in properties. Missing '{property.Name}'.");
                Check(what, property.Value, $"{at}/{property.Name}");
            }
        }
        if (schema.TryGetProperty("items", out var items))
            Check(what, items, $"{at}/items");
        foreach (var option in schema.TryGetProperty("anyOf", out var any) ? any.EnumerateArray() : default)
            Check(what, option, $"{at}/anyOf");
        if (!schema.TryGetProperty("type", out _) && !schema.TryGetProperty("anyOf", out _) && !schema.TryGetProperty("$ref", out _) && !schema.TryGetProperty("enum", out _))
            throw Invalid(what, at, "schema must have a 'type' key.");
    }

    private static ChatRefusedException Invalid(string what, string at, string why) =>
        ChatRefusedException.Bad($"Invalid schema for {what}: In context={(at.Length == 0 ? "()" : at)}, {why}");
}
