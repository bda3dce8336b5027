using System.Text.Json;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tools;

/// <summary>A tool as offered: its definition for the model and the reading of the arguments the model wrote.</summary>
internal sealed class OfferedTool
{
    private readonly JsonElement _checkable;
    private readonly bool _isStrict;
    private readonly HashSet<string> _required;

    public OfferedTool(AIFunction function)
    {
        Function = function;
        Traits = ToolTraits.Of(function);
        _isStrict = StrictSchema.TryConvert(function.JsonSchema, out var strict);
        _checkable = _isStrict ? strict : function.JsonSchema;
        _required = function.JsonSchema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        Definition = new ToolDefinition(function.Name, function.Description, _checkable) { Strict = _isStrict };
    }

    public AIFunction Function { get; }

    public ToolTraits Traits { get; }

    public ToolDefinition Definition { get; }

    /// <summary>Reads arguments; returns what is wrong with them, in words for the model, or null.</summary>
    public string? TryRead(string text, out AIFunctionArguments arguments)
    {
        arguments = [];
        JsonElement given;
        try
        {
            using var document = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
            given = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            return $"The arguments of {Function.Name} are not valid JSON ({e.Message}). Nothing was run. Send one JSON object that follows the tool's schema.";
        }
        if (given.ValueKind != JsonValueKind.Object)
            return $"The arguments of {Function.Name} must be one JSON object. Nothing was run.";

        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in given.EnumerateObject())
            members[member.Name] = member.Value;
        if (FirstError(members) is { } error)
            return $"The arguments of {Function.Name} do not fit: {error} Nothing was run.";
        foreach (var (name, value) in members)
        {
            // Null is how the strict form says "left out".
            if (value.ValueKind != JsonValueKind.Null || _required.Contains(name))
                arguments[name] = value;
        }
        return null;
    }

    private string? FirstError(Dictionary<string, JsonElement> given)
    {
        var complete = new Dictionary<string, JsonElement>(given, StringComparer.Ordinal);
        if (_isStrict)
        {
            // An endpoint without strict sampling may leave optional ones out; that is as good as null.
            foreach (var property in _checkable.GetProperty("properties").EnumerateObject().Where(p => !_required.Contains(p.Name)))
                complete.TryAdd(property.Name, JsonSerializer.SerializeToElement<object?>(null));
        }
        return SchemaCheck.FirstError(JsonSerializer.SerializeToElement(complete), _checkable);
    }
}
