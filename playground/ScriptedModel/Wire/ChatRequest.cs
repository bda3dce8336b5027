using System.Text.Json;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>A chat completion request, read and checked the way the real endpoint checks it.</summary>
internal sealed record ChatRequest(
    string Model, IReadOnlyList<ChatMessage> Messages, IReadOnlyDictionary<string, JsonElement> Tools, string SchemaName, string MessagesJson, string ToolsJson)
{
    public static ChatRequest Parse(string body)
    {
        var (root, model) = Root(body);
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
            throw ChatRefusedException.Bad("'messages' must be a non-empty array.");
        var read = messages.EnumerateArray().Select(Message).ToList();
        MessageOrder.Check(read);
        return new ChatRequest(
            model,
            read,
            ReadTools(root, tool => tool.TryGetProperty("function", out var function) ? function : default),
            Schema(root, "response_format", "json_schema", isPlain: !root.TryGetProperty("response_format", out _) && HasFewTools(root)),
            messages.GetRawText(),
            root.TryGetProperty("tools", out var tools) ? tools.GetRawText() : "");
    }

    /// <summary>What both APIs check alike: the body and its model.</summary>
    public static (JsonElement Root, string Model) Root(string body)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            throw ChatRefusedException.Bad("We could not parse the JSON body of your request.");
        }
        if (root.ValueKind != JsonValueKind.Object)
            throw ChatRefusedException.Bad("The body must be a JSON object.");
        if (Text(root, "model") is not { Length: > 0 } model)
            throw ChatRefusedException.Bad("you must provide a model parameter");
        return root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True
            ? throw ChatRefusedException.Bad("'stream' is not supported by the scripted model.")
            : (root, model);
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

    /// <summary>The functions offered, by name.</summary>
    /// <param name="root">Request.</param>
    /// <param name="functionOf">Where a tool says its name and parameters.</param>
    public static Dictionary<string, JsonElement> ReadTools(JsonElement root, Func<JsonElement, JsonElement> functionOf)
    {
        var read = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!root.TryGetProperty("tools", out var tools))
            return read;
        foreach (var tool in tools.EnumerateArray())
        {
            var function = functionOf(tool);
            if (Text(tool, "type") != "function" || Text(function, "name") is not { Length: > 0 } name)
                throw ChatRefusedException.Bad("Invalid tool: type 'function' with a name is required.");
            if (!function.TryGetProperty("parameters", out var parameters))
                throw ChatRefusedException.Bad($"Invalid tool '{name}': it has no parameters.");
            if (function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True)
                StrictRules.Check($"function '{name}'", parameters);
            if (!read.TryAdd(name, parameters.TryGetProperty("properties", out var properties) ? properties : default))
                throw ChatRefusedException.Bad($"Invalid tools: '{name}' is given twice.");
        }
        return read;
    }

    /// <summary>True for a question that offers one tool at most, as a first try of an endpoint does.</summary>
    public static bool HasFewTools(JsonElement root) => !root.TryGetProperty("tools", out var tools) || tools.GetArrayLength() < 2;

    /// <summary>Name of the answer's schema; empty for a plain question, which asks for none.</summary>
    /// <param name="root">Where the format stands.</param>
    /// <param name="formatName">Member with the format.</param>
    /// <param name="inside">Member of the format with the schema; null when it is the format itself.</param>
    /// <param name="isPlain">No format is there, and few tools.</param>
    public static string Schema(JsonElement root, string formatName, string? inside, bool isPlain)
    {
        if (isPlain)
            return "";
        var schema = default(JsonElement);
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(formatName, out var format) && Text(format, "type") == "json_schema")
            schema = inside is null ? format : format.TryGetProperty(inside, out var member) ? member : default;
        if (Text(schema, "name") is not { } name || !schema.TryGetProperty("schema", out var body))
            throw ChatRefusedException.Bad($"The script answers by the name of the answer's schema: {formatName} of type 'json_schema' with name and schema is required.");
        if (!schema.TryGetProperty("strict", out var strict) || strict.ValueKind != JsonValueKind.True)
            throw ChatRefusedException.Bad($"The schema '{name}' must be strict.");
        StrictRules.Check($"{formatName} '{name}'", body);
        return name;
    }

    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
