using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Outside;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tools;

/// <summary>A tool as offered: its definition for the model and the reading of the arguments the model wrote.</summary>
internal sealed class OfferedTool
{
    // A third party's words about its tool are read by the model like any other; what it has to say fits into this.
    private const int MaxDescription = 2_000;

    private static readonly JsonElement Null = JsonElement.Parse("null");
    private static readonly JsonElement AnyObject = JsonElement.Parse("""{"type":"object"}""");
    private static readonly string[] Subjects = ["path", "command", "pattern", "name", "url", "query"];

    private readonly SchemaCheck _check;
    private readonly HashSet<string> _required;
    private readonly IReadOnlyList<string> _optional;

    public OfferedTool(AIFunction function)
    {
        Function = function;
        Traits = ToolTraits.Of(function);
        var isStrict = StrictSchema.TryConvert(function.JsonSchema, out var strict);
        var schema = isStrict ? strict : function.JsonSchema;
        _check = SchemaCheck.Of(schema);
        var required = WireJson.Array(function.JsonSchema, "required").Where(n => n.ValueKind == JsonValueKind.String);
        _required = required.Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal);
        _optional = isStrict
            ? [.. schema.GetProperty("properties").EnumerateObject().Where(p => !_required.Contains(p.Name) || MayBeNull(p.Value)).Select(p => p.Name)]
            : [];
        Definition = new Declaration(function, Told(schema), isStrict);
    }

    public AIFunction Function { get; }

    public ToolTraits Traits { get; }

    public AIFunctionDeclaration Definition { get; }

    /// <summary>What the label of a call's output says: the tool, and the file, command or pattern it was about.</summary>
    public string SourceOf(AIFunctionArguments arguments)
    {
        var about = Subjects.Select(name => arguments.TryGetValue(name, out var value) && value is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString() : null)
            .FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));
        return about is null ? Function.Name : $"{Function.Name} {about}";
    }

    /// <summary>Reads arguments; returns what is wrong with them, in words for the model, or null.</summary>
    public string? TryRead(FunctionCallContent call, out AIFunctionArguments arguments)
    {
        arguments = [];
        if (Answers.ErrorOf(call) is { } error)
            return $"The arguments of {Function.Name} could not be read as one JSON object ({error}). Nothing was run.";
        if (Answers.BrokenArgumentsOf(call) is { } broken)
            return WhyBroken(broken);

        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
            members[name] = value as JsonElement? ?? JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions);
        var complete = new Dictionary<string, JsonElement>(members, StringComparer.Ordinal);
        // An endpoint without strict sampling may leave optional ones out; that is as good as null.
        foreach (var name in _optional)
            complete.TryAdd(name, Null);
        if (_check.Errors(JsonSerializer.SerializeToElement(complete)) is { } misfit)
            return $"The arguments of {Function.Name} do not fit: {misfit} Nothing was run.";
        foreach (var (name, value) in members)
        {
            // Null is how the strict form says "left out".
            if (value.ValueKind != JsonValueKind.Null || _required.Contains(name))
                arguments[name] = value;
        }
        return null;
    }

    private static bool MayBeNull(JsonElement schema) => WireJson.Array(schema, "type").Any(t => t.ValueEquals("null"));

    private string WhyBroken(string text)
    {
        try
        {
            WireJson.Parse(text);
            return $"The arguments of {Function.Name} must be one JSON object. Nothing was run.";
        }
        catch (JsonException e)
        {
            return $"The arguments of {Function.Name} are not valid JSON ({e.Message}). Nothing was run. Send one JSON object that follows the tool's schema.";
        }
    }

    private static string Told(string words) => TextCut.Head(Untrusted.Neutralise(words), MaxDescription, "…");

    /// <summary>The schema with its descriptions as the model may read them; the same one where they are plain.</summary>
    private static JsonElement Told(JsonElement schema)
    {
        try
        {
            var node = JsonNode.Parse(schema.GetRawText());
            return Clean(node) ? JsonSerializer.SerializeToElement(node) : schema;
        }
        catch (ArgumentException)
        {
            // A member twice: which one counts, every reader decides by itself.
            return AnyObject;
        }
    }

    private static bool Clean(JsonNode? node)
    {
        var changed = false;
        if (node is JsonArray items)
        {
            foreach (var item in items)
                changed |= Clean(item);
        }
        else if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToList())
            {
                if (name is "description" or "title" && value is JsonValue && value.GetValueKind() == JsonValueKind.String)
                {
                    var words = value.GetValue<string>();
                    var told = Told(words);
                    if (told != words)
                        (members[name], changed) = (told, true);
                }
                else
                {
                    changed |= Clean(value);
                }
            }
        }

        return changed;
    }

    // "strict" is where chat clients of OpenAI's look for it.
    private sealed class Declaration(AIFunction function, JsonElement schema, bool isStrict) : AIFunctionDeclaration
    {
        public override string Name => function.Name;

        public override string Description { get; } = Told(function.Description);

        public override JsonElement JsonSchema => schema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = isStrict };
    }
}
