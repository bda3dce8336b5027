using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Definitions;

/// <summary>The shape of a structured answer: its name and strict schema on the wire, and our own check of what came back.</summary>
public sealed class OutputContract
{
    private const int MostCandidates = 100;

    private readonly Func<JsonElement, string?> _check;

    private OutputContract(string name, JsonElement schema, Func<JsonElement, string?> check)
    {
        Name = name;
        Schema = schema;
        _check = check;
    }

    /// <summary>JSON of structured answers: camelCase, every constructor parameter required, unknown members refused.</summary>
    public static JsonSerializerOptions Json { get; } = MakeJson();

    // What a model is asked for: all but what code fills in.
    private static JsonSerializerOptions Asked { get; } = MakeJson(Ask);

    /// <summary>Name of the schema on the wire.</summary>
    public string Name { get; }

    /// <summary>Strict JSON schema.</summary>
    public JsonElement Schema { get; }

    /// <summary>
    /// A contract whose schema is derived from a record. A property that is no constructor parameter is asked for like the others, but may be missing: then it
    /// has its default. So a record can grow, and what was answered before still fits.
    /// </summary>
    /// <param name="name">Name on the wire.</param>
    /// <param name="check">Rules a schema cannot say; returns what is wrong, in words for the model, or null.</param>
    public static OutputContract For<T>(string name, Func<T, string?>? check = null)
        where T : class
    {
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(T), serializerOptions: Asked);
        if (!StrictSchema.TryConvert(schema, out var strict))
            throw new ArgumentException($"The schema of {typeof(T).Name} cannot be made strict: use records, lists and plain values only.", nameof(name));
        var accepted = AIJsonUtilities.TransformSchema(
            AIJsonUtilities.CreateJsonSchema(typeof(T), serializerOptions: Json), new AIJsonSchemaTransformOptions { DisallowAdditionalProperties = true });
        var schemaCheck = SchemaCheck.Of(accepted);
        return new OutputContract(name, strict, element =>
        {
            if (schemaCheck.Errors(element) is { } broken)
                return broken;
            var value = element.Deserialize<T>(Json);
            return value is null ? "The answer is null." : check?.Invoke(value);
        });
    }

    /// <summary>Reads an answer that passed the check.</summary>
    /// <exception cref="JsonException">The text is not such an answer.</exception>
    public static T Read<T>(string json)
        where T : class => JsonSerializer.Deserialize<T>(json, Json) ?? throw new JsonException($"A {typeof(T).Name} is expected, null was given.");

    /// <summary>What is wrong with the arguments of a call, in words for the model; null when they are good.</summary>
    internal string? FirstError(AIFunctionArguments arguments) => FirstError(JsonSerializer.Serialize(arguments.ToDictionary(a => a.Key, a => a.Value), AIJsonUtilities.DefaultOptions));

    /// <summary>What is wrong with an answer, in words for the model; null when it is good. Never throws.</summary>
    public string? FirstError(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return _check(document.RootElement);
        }
        catch (JsonException e)
        {
            return $"The answer is not valid JSON of schema {Name}: {e.Message}";
        }
    }

    /// <summary>
    /// Finds an answer in a text: the text itself; or, from endpoints that hold no model to a schema, JSON in Markdown or with words around
    /// it, as the text of a JSON string, in a list of one, or under the schema's name.
    /// </summary>
    /// <returns>The answer's JSON; or null and what is wrong, in words for the model.</returns>
    public (string? Json, string? Error) Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var error = FirstError(text);
        if (error is null)
            return (text, null);
        string? nearest = null;
        foreach (var candidate in Candidates(text))
        {
            foreach (var form in Forms(candidate))
            {
                if (_check(form) is not { } wrong)
                    return (form.GetRawText(), null);
                if (form.ValueKind == JsonValueKind.Object)
                    nearest ??= wrong;
            }
        }
        return (null, nearest ?? error);
    }

    // Each object or string that stands in the text, from its front; what lies inside of one is not looked at again.
    private static IEnumerable<JsonElement> Candidates(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var tries = 0;
        for (var at = 0; at < bytes.Length && tries < MostCandidates; at++)
        {
            if (bytes[at] is not ((byte)'{' or (byte)'[' or (byte)'"') || (bytes[at] == (byte)'"' && tries > 0))
                continue;
            tries++;
            if (Value(bytes.AsSpan(at), out var length) is not { } found)
                continue;
            at += length - 1;
            yield return found;
        }
    }

    private static JsonElement? Value(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        try
        {
            var reader = new Utf8JsonReader(bytes);
            if (!JsonDocument.TryParseValue(ref reader, out var document))
                return null;
            using (document)
            {
                length = (int)reader.BytesConsumed;
                return document.RootElement.Clone();
            }
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IEnumerable<JsonElement> Forms(JsonElement found)
    {
        yield return found;
        if (found.ValueKind == JsonValueKind.String && Value(System.Text.Encoding.UTF8.GetBytes(found.GetString()!), out _) is { ValueKind: JsonValueKind.Object } inner)
            yield return inner;
        if (found.ValueKind == JsonValueKind.Array && found.GetArrayLength() == 1)
            yield return found[0];
        if (found.ValueKind != JsonValueKind.Object)
            yield break;
        // {"plan": {...}}, and the call of a function that stands for the answer.
        foreach (var name in (string[])[Name, "arguments", "parameters", "input", "output", "answer", "result", "properties"])
        {
            if (found.TryGetProperty(name, out var under) && under.ValueKind == JsonValueKind.Object)
                yield return under;
        }
    }

    private static void Ask(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.ToList())
        {
            if (property.AttributeProvider?.IsDefined(typeof(FilledByCodeAttribute), inherit: false) == true)
                type.Properties.Remove(property);
            else
                property.IsRequired = true;
        }
    }

    private static JsonSerializerOptions MakeJson(Action<JsonTypeInfo>? modifier = null)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        if (modifier is not null)
            resolver.Modifiers.Add(modifier);
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            TypeInfoResolver = resolver,
        };
        options.MakeReadOnly();
        return options;
    }
}
