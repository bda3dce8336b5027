using System.Text.Json;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>A chat completion request, read and checked the way the real endpoint checks it.</summary>
internal sealed record ChatRequest(
    string Model, IReadOnlyList<ChatMessage> Messages, IReadOnlyDictionary<string, JsonElement> Tools, string SchemaName, string MessagesJson, string ToolsJson)
{
    public static ChatRequest Parse(string body)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(body);
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw ChatRefusedException.Bad("We could not parse the JSON body of your request.");
        }
        if (root.ValueKind != JsonValueKind.Object)
            throw ChatRefusedException.Bad("The body must be a JSON object.");
        if (Text(root, "model") is not { Length: > 0 } model)
            throw ChatRefusedException.Bad("you must provide a model parameter");
        if (root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True)
            throw ChatRefusedException.Bad("'stream' is not supported by the scripted model.");
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            throw ChatRefusedException.Bad("'messages' must be a non-empty array.");
        var read = messages.EnumerateArray().Select(Message).ToList();
        MessageOrder.Check(read);
        return new ChatRequest(model, read, ReadTools(root), Schema(root), messages.GetRawText(), root.TryGetProperty("tools", out var tools) ? tools.GetRawText() : "");
    }

    private static ChatMessage Message(JsonElement message, int index)
    {
        if (message.ValueKind != JsonValueKind.Object || Text(message, "role") is not { } role)
            throw ChatRefusedException.Bad($"Invalid value for 'messages[{index}]': an object with a role is expected.");
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
            throw ChatRefusedException.Bad($"Invalid value: '{role}'. Supported values are: 'system', 'developer', 'user', 'assistant' and 'tool'.");
        var calls = message.TryGetProperty("tool_calls", out var given) && given.ValueKind == JsonValueKind.Array
            ? given.EnumerateArray().Select(c => Call(c, index)).ToList()
            : [];
        var text = Content(message, index);
        if (text is null && calls.Count == 0)
            throw ChatRefusedException.Bad($"Invalid value for 'content': expected a string, got null. (messages[{index}])");
        var answered = role == "tool"
            ? Text(message, "tool_call_id") ?? throw ChatRefusedException.Bad($"Missing required parameter: 'messages[{index}].tool_call_id'.")
            : null;
        return new ChatMessage(role, text ?? "", calls, answered);
    }

    private static ChatCall Call(JsonElement call, int index)
    {
        if (Text(call, "id") is not { Length: > 0 } id || Text(call, "type") != "function" || !call.TryGetProperty("function", out var function)
            || Text(function, "name") is not { Length: > 0 } name || Text(function, "arguments") is not { } arguments)
            throw ChatRefusedException.Bad($"Invalid tool call in 'messages[{index}].tool_calls': id, type 'function', function.name and function.arguments (a string) are required.");
        return new ChatCall(id, name, arguments);
    }

    private static string? Content(JsonElement message, int index)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null)
            return null;
        return content.ValueKind switch
        {
            JsonValueKind.String => content.GetString(),
            JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(p => Text(p, "text")
                ?? throw ChatRefusedException.Bad($"Only text parts are read by the scripted model. (messages[{index}])"))),
            _ => throw ChatRefusedException.Bad($"Invalid type for 'messages[{index}].content': expected a string or an array."),
        };
    }

    private static Dictionary<string, JsonElement> ReadTools(JsonElement root)
    {
        var read = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!root.TryGetProperty("tools", out var tools))
            return read;
        foreach (var tool in tools.EnumerateArray())
        {
            if (Text(tool, "type") != "function" || !tool.TryGetProperty("function", out var function) || Text(function, "name") is not { Length: > 0 } name)
                throw ChatRefusedException.Bad("Invalid tool: type 'function' with function.name is required.");
            if (!function.TryGetProperty("parameters", out var parameters))
                throw ChatRefusedException.Bad($"Invalid tool '{name}': it has no parameters.");
            if (function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True)
                StrictRules.Check($"function '{name}'", parameters);
            if (!read.TryAdd(name, parameters.TryGetProperty("properties", out var properties) ? properties : default))
                throw ChatRefusedException.Bad($"Invalid tools: '{name}' is given twice.");
        }
        return read;
    }

    private static string Schema(JsonElement root)
    {
        if (!root.TryGetProperty("response_format", out var format) || Text(format, "type") != "json_schema" || !format.TryGetProperty("json_schema", out var schema)
            || Text(schema, "name") is not { } name || !schema.TryGetProperty("schema", out var body))
            throw ChatRefusedException.Bad("The script answers by the name of the answer's schema: response_format of type 'json_schema' with name and schema is required.");
        if (!schema.TryGetProperty("strict", out var strict) || strict.ValueKind != JsonValueKind.True)
            throw ChatRefusedException.Bad($"The schema '{name}' must be strict.");
        StrictRules.Check($"response_format '{name}'", body);
        return name;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
