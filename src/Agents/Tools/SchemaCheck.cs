using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Tools;

/// <summary>
/// Checks JSON against a strict schema. Endpoints promise to follow it; we check all the same, because compatible endpoints may
/// not, and answer with one precise line.
/// </summary>
public static class SchemaCheck
{
    /// <summary>The first violation, as one line naming its place; null when the value follows the schema.</summary>
    public static string? FirstError(JsonElement value, JsonElement schema) => Check(value, schema, schema, "");

    private static string? Check(JsonElement value, JsonElement schema, JsonElement root, string at)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Check(value, Resolve(root, reference.GetString()!), root, at);
        if (schema.TryGetProperty("anyOf", out var options))
        {
            string? first = null;
            foreach (var option in options.EnumerateArray())
            {
                if (Check(value, option, root, at) is not { } error)
                    return null;
                first ??= error;
            }
            return first;
        }
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Is(value, t)))
            return $"{Place(at)}: {string.Join(" or ", Types(type))} is expected, {Kind(value)} was given.";
        if (schema.TryGetProperty("enum", out var values) && !values.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value)))
            return $"{Place(at)}: one of {string.Join(", ", values.EnumerateArray().Select(v => v.GetRawText()))} is expected, {Short(value)} was given.";
        if (schema.TryGetProperty("const", out var only) && !JsonElement.DeepEquals(only, value))
            return $"{Place(at)}: {only.GetRawText()} is expected, {Short(value)} was given.";
        return value.ValueKind switch
        {
            JsonValueKind.Object => CheckObject(value, schema, root, at),
            JsonValueKind.Array => CheckArray(value, schema, root, at),
            JsonValueKind.Number => CheckNumber(value, schema, at),
            JsonValueKind.String => CheckString(value, schema, at),
            _ => null,
        };
    }

    private static string? CheckObject(JsonElement value, JsonElement schema, JsonElement root, string at)
    {
        if (!schema.TryGetProperty("properties", out var properties))
            return null;
        var prefix = at.Length == 0 ? "" : at + ".";
        foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray() : default)
        {
            if (!value.TryGetProperty(required.GetString()!, out _))
                return $"{Place(prefix + required.GetString())}: is missing.";
        }
        foreach (var member in value.EnumerateObject())
        {
            if (!properties.TryGetProperty(member.Name, out var expected))
            {
                if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.False)
                    return $"{Place(prefix + member.Name)}: is not known; known are {string.Join(", ", properties.EnumerateObject().Select(p => p.Name))}.";
                continue;
            }
            if (Check(member.Value, expected, root, prefix + member.Name) is { } error)
                return error;
        }
        return null;
    }

    private static string? CheckArray(JsonElement value, JsonElement schema, JsonElement root, string at)
    {
        var count = value.GetArrayLength();
        if (schema.TryGetProperty("minItems", out var min) && count < min.GetInt32())
            return $"{Place(at)}: at least {min.GetInt32()} items are expected, {count} were given.";
        if (schema.TryGetProperty("maxItems", out var max) && count > max.GetInt32())
            return $"{Place(at)}: at most {max.GetInt32()} items are expected, {count} were given.";
        if (!schema.TryGetProperty("items", out var items))
            return null;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (Check(item, items, root, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]")) is { } error)
                return error;
        }
        return null;
    }

    private static string? CheckNumber(JsonElement value, JsonElement schema, string at)
    {
        var number = value.GetDouble();
        if (schema.TryGetProperty("minimum", out var min) && number < min.GetDouble())
            return $"{Place(at)}: at least {min.GetRawText()} is expected, {value.GetRawText()} was given.";
        return schema.TryGetProperty("maximum", out var max) && number > max.GetDouble()
            ? $"{Place(at)}: at most {max.GetRawText()} is expected, {value.GetRawText()} was given."
            : null;
    }

    private static string? CheckString(JsonElement value, JsonElement schema, string at)
    {
        if (!schema.TryGetProperty("pattern", out var pattern))
            return null;
        try
        {
            return Regex.IsMatch(value.GetString()!, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1))
                ? null
                : $"{Place(at)}: text matching {pattern.GetString()} is expected, {Short(value)} was given.";
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            // The pattern is a hint of a tool's author; one we cannot run must not block the call.
            return null;
        }
    }

    private static JsonElement Resolve(JsonElement root, string reference)
    {
        var at = root;
        foreach (var part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.ValueKind == JsonValueKind.Array ? at[int.Parse(name, CultureInfo.InvariantCulture)] : at.GetProperty(name);
        }
        return at;
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && (value.TryGetInt64(out _) || value.GetDouble() % 1 == 0),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => true,
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };

    private static string Place(string at) => at.Length == 0 ? "the value" : at;

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
