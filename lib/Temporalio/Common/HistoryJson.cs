using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Temporalio.Protocol.Histories;

namespace Temporalio.Common;

/// <summary>
/// Reads history JSON. Older tools spell enum values in camel case ("WorkflowExecutionStarted", "Normal") where protobuf JSON
/// has "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"; the message descriptors tell which strings are enum values.
/// </summary>
internal static class HistoryJson
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static History Parse(string json)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json);
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The history is not JSON: {e.Message}", nameof(json), e);
        }

        if (root is not JsonObject history || history["events"] is not JsonArray)
        {
            throw new ArgumentException("The history is not a JSON object with an \"events\" list.", nameof(json));
        }

        Normalize(history, History.Descriptor);
        try
        {
            return Parser.Parse<History>(history.ToJsonString());
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new ArgumentException($"The history cannot be read: {e.Message}", nameof(json), e);
        }
    }

    private static void Normalize(JsonObject node, MessageDescriptor descriptor)
    {
        foreach (var (name, value) in node.ToList())
        {
            var field = descriptor.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == name || f.Name == name);
            if (field is null || value is null)
            {
                continue;
            }

            if (field.IsMap)
            {
                var valueField = field.MessageType.FindFieldByNumber(2);
                if (valueField.FieldType == FieldType.Message && value is JsonObject entries)
                {
                    foreach (var entry in entries.Select(e => e.Value).OfType<JsonObject>())
                    {
                        Normalize(entry, valueField.MessageType);
                    }
                }
            }
            else if (field.FieldType == FieldType.Message && !field.MessageType.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal))
            {
                foreach (var child in (value is JsonArray list ? list.AsEnumerable() : Enumerable.Repeat(value, 1)).OfType<JsonObject>())
                {
                    Normalize(child, field.MessageType);
                }
            }
            else if (field.FieldType == FieldType.Enum)
            {
                if (value is JsonArray values)
                {
                    node[name] = new JsonArray([.. values.Select(item => Spell(item, field.EnumType))]);
                }
                else
                {
                    node[name] = Spell(value, field.EnumType);
                }
            }
        }
    }

    private static JsonNode? Spell(JsonNode? value, EnumDescriptor type)
    {
        if (value is not JsonValue scalar || !scalar.TryGetValue<string>(out var text) || type.FindValueByName(text) is not null)
        {
            return value?.DeepClone();
        }

        // The camel-case spelling is the full name without the type's prefix, underscores and case.
        var prefix = type.Values[0].Name[..^"UNSPECIFIED".Length].Replace("_", string.Empty, StringComparison.Ordinal);
        var match = type.Values.FirstOrDefault(v => string.Equals(
            v.Name.Replace("_", string.Empty, StringComparison.Ordinal), prefix + text, StringComparison.OrdinalIgnoreCase));
        return JsonValue.Create(match?.Name ?? text);
    }
}
