using System.Text.Json;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>
/// A request of the Responses API, used statelessly, read into the same terms as a chat's and checked the way the real endpoint checks
/// it: reasoning items must come back whole, before what they led to.
/// </summary>
internal static class ResponsesRequest
{
    public static ChatRequest Parse(string body, string key)
    {
        var (root, model) = ChatRequest.Root(body);
        if (!root.TryGetProperty("store", out var store) || store.ValueKind != JsonValueKind.False)
            throw ChatRefusedException.Bad("The scripted model keeps nothing: 'store' must be false.");
        if (root.TryGetProperty("previous_response_id", out var previous) && previous.ValueKind == JsonValueKind.String)
            throw new ChatRefusedException(400, $"Previous response with id '{previous.GetString()}' not found.", "previous_response_not_found");
        if (!root.TryGetProperty("include", out var include) || !include.EnumerateArray().Any(i => i.GetString() == "reasoning.encrypted_content"))
            throw ChatRefusedException.Bad("Without storage the model's reasoning must travel: 'include' must have 'reasoning.encrypted_content'.");
        if (!root.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
            throw ChatRefusedException.Bad("'input' must be a non-empty array.");
        List<ChatMessage> messages = [.. Messages([.. input.EnumerateArray()], key)];
        if (ChatRequest.Text(root, "instructions") is { Length: > 0 } instructions)
            messages.Insert(0, new ChatMessage("system", instructions, [], null));
        MessageOrder.Check(messages);
        var text = root.TryGetProperty("text", out var format) ? format : default;
        return new ChatRequest(
            model, messages, ChatRequest.ReadTools(root, tool => tool), ChatRequest.Schema(text, "format", null, isPlain: text.ValueKind == JsonValueKind.Undefined && ChatRequest.HasFewTools(root)), input.GetRawText(),
            root.TryGetProperty("tools", out var tools) ? tools.GetRawText() : "");
    }

    // One answer's items (text, calls) are one message of the assistant.
    private static IEnumerable<ChatMessage> Messages(List<JsonElement> items, string key)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var calls = new List<ChatCall>();
        string? said = null;
        string? reasoning = null;
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var type = ChatRequest.Text(item, "type") ?? "message";
            if (reasoning is not null && type != "function_call" && ChatRequest.Text(item, "role") != "assistant")
                throw ChatRefusedException.Bad($"Item '{reasoning}' of type 'reasoning' was provided without its required following item.");
            var isAnswer = type is "function_call" or "reasoning" || ChatRequest.Text(item, "role") == "assistant";
            if (!isAnswer && (said is not null || calls.Count > 0))
            {
                yield return new ChatMessage("assistant", said ?? "", [.. calls], null);
                (said, calls) = (null, []);
            }
            switch (type)
            {
                case "reasoning":
                    reasoning = Reasoning(item, key);
                    break;
                case "function_call":
                    var call = Call(item, i);
                    if (!ids.Add(call.Id))
                        throw ChatRefusedException.Bad($"Duplicate call_id '{call.Id}'. (input[{i}])");
                    // What the model itself called, it called after thinking; another client's calls carry no id of ours.
                    if (calls.Count == 0 && ChatRequest.Text(item, "id") is ['f', 'c', '_', .. var thought, _] id && reasoning != $"rs_{thought}")
                        throw ChatRefusedException.Bad($"Item '{id}' of type 'function_call' was provided without its required 'reasoning' item: 'rs_{thought}'.");
                    calls.Add(call);
                    reasoning = null;
                    break;
                case "function_call_output":
                    var answered = ChatRequest.Text(item, "call_id") ?? throw Missing(i, "call_id");
                    yield return new ChatMessage("tool", ChatRequest.Text(item, "output") ?? throw Missing(i, "output"), [], answered);
                    break;
                case "message":
                    var role = ChatRequest.Text(item, "role") ?? throw Missing(i, "role");
                    if (role is not ("system" or "developer" or "user" or "assistant"))
                        throw ChatRefusedException.Bad($"Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer' and 'user'.");
                    if (role == "assistant")
                        (said, reasoning) = (said + Content(item, i, "output_text"), null);
                    else
                        yield return new ChatMessage(role, Content(item, i, "input_text"), [], null);
                    break;
                default:
                    throw ChatRefusedException.Bad($"Invalid value: '{type}'. (input[{i}].type)");
            }
        }
        if (said is not null || calls.Count > 0)
            yield return new ChatMessage("assistant", said ?? "", calls, null);
    }

    private static string Reasoning(JsonElement item, string key)
    {
        var id = ChatRequest.Text(item, "id") ?? "";
        if (ChatRequest.Text(item, "encrypted_content") is not { } encrypted)
            throw new ChatRefusedException(404, $"Item with id '{id}' not found. Items are not persisted when `store` is set to false.");
        if (!item.TryGetProperty("summary", out var summary) || summary.ValueKind != JsonValueKind.Array)
            throw ChatRefusedException.Bad("Missing required parameter: 'summary' of a reasoning item.");
        return encrypted == ResponsesResponse.Encrypt(id, key)
            ? id
            : throw new ChatRefusedException(400, "The encrypted content could not be verified.", "invalid_encrypted_content");
    }

    private static ChatCall Call(JsonElement item, int index) => new(
        ChatRequest.Text(item, "call_id") is { Length: > 0 } id ? id : throw Missing(index, "call_id"),
        ChatRequest.Text(item, "name") is { Length: > 0 } name ? name : throw Missing(index, "name"),
        ChatRequest.Text(item, "arguments") ?? throw Missing(index, "arguments"));

    private static string Content(JsonElement item, int index, string partType)
    {
        if (!item.TryGetProperty("content", out var content) || content.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
            throw Missing(index, "content");
        return content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : string.Concat(content.EnumerateArray().Select(p => ChatRequest.Text(p, "type") == partType && ChatRequest.Text(p, "text") is { } text
                ? text
                : throw ChatRefusedException.Bad($"Invalid value: '{ChatRequest.Text(p, "type")}'. Supported values here: '{partType}'. (input[{index}].content)")));
    }

    private static ChatRefusedException Missing(int index, string name) => ChatRefusedException.Bad($"Missing required parameter: 'input[{index}].{name}'.");
}
