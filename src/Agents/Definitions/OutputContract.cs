using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Definitions;

/// <summary>The shape of a structured answer: its name and strict schema on the wire, and our own check of what came back.</summary>
public sealed class OutputContract
{
    private readonly Func<JsonElement, string?> _check;

    private OutputContract(string name, JsonElement schema, Func<JsonElement, string?> check)
    {
        Name = name;
        Schema = schema;
        _check = check;
    }

    /// <summary>JSON of structured answers: camelCase, every constructor parameter required, unknown members refused.</summary>
    public static JsonSerializerOptions Json { get; } = MakeJson();

    /// <summary>Name of the schema on the wire.</summary>
    public string Name { get; }

    /// <summary>Strict JSON schema.</summary>
    public JsonElement Schema { get; }

    /// <summary>A contract whose schema is derived from a record.</summary>
    /// <param name="name">Name on the wire.</param>
    /// <param name="check">Rules a schema cannot say; returns what is wrong, in words for the model, or null.</param>
    public static OutputContract For<T>(string name, Func<T, string?>? check = null)
        where T : class
    {
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(T), serializerOptions: Json);
        if (!StrictSchema.TryConvert(schema, out var strict))
            throw new ArgumentException($"The schema of {typeof(T).Name} cannot be made strict: use records, lists and plain values only.", nameof(name));
        var schemaCheck = SchemaCheck.Of(strict);
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

    private static JsonSerializerOptions MakeJson()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        options.MakeReadOnly();
        return options;
    }
}
