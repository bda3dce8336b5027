using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI.Responses;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Responses, stateless: the whole conversation goes along each time, nothing is stored there, and a reasoning model's thoughts come
/// back encrypted, to be given back with the items they belong to.
/// </summary>
#pragma warning disable OPENAI001 // Only the method that posts raw JSON is used; what the package may still change is its typed side.
internal sealed class ResponsesWire(ResponsesClient client) : OpenAiWire
{
    public override string AnswerName => "response";

    public override Task<ClientResult> SendAsync(BinaryContent body, RequestOptions options) => client.CreateResponseAsync(body, options);
#pragma warning restore OPENAI001

    // Models that do not reason refuse the "include"; another organisation's or a rotated key cannot open what was encrypted before.
    public override bool IsAboutReasoning(OpenAiFault fault) =>
        fault.Param?.StartsWith("include", StringComparison.Ordinal) == true
        || fault.Code == "invalid_encrypted_content"
        || fault.Message.Contains("encrypted content", StringComparison.OrdinalIgnoreCase)
        || fault.Message.Contains("encrypted_content", StringComparison.OrdinalIgnoreCase);

    public override JsonObject Write(IReadOnlyList<ChatMessage> messages, ChatOptions options, bool reasoning)
    {
        var rest = messages.SkipWhile(m => m.Role == ChatRole.System).ToList();
        string?[] instructions = [options.Instructions, .. messages.Take(messages.Count - rest.Count).Select(Answers.TextOf)];
        var body = new JsonObject { ["model"] = options.ModelId, ["input"] = Input(rest, options.ModelId!, reasoning), ["store"] = false };
        if (string.Join("\n\n", instructions.Where(i => !string.IsNullOrEmpty(i))) is { Length: > 0 } text)
            body["instructions"] = text;
        if (reasoning)
            body["include"] = new JsonArray("reasoning.encrypted_content");
        if (options.MaxOutputTokens is { } most)
            body["max_output_tokens"] = most;
        if (FunctionsOf(options).ToList() is { Count: > 0 } functions)
        {
            body["tools"] = new JsonArray([.. functions.Select(f => (JsonNode)new JsonObject
            {
                ["type"] = "function",
                ["name"] = f.Function.Name,
                ["description"] = f.Function.Description,
                ["parameters"] = JsonObject.Create(f.Function.JsonSchema),
                ["strict"] = f.IsStrict,
            })]);
        }
        if (SchemaOf(options) is { } format)
        {
            body["text"] = new JsonObject
            {
                ["format"] = new JsonObject { ["type"] = "json_schema", ["name"] = format.Name, ["schema"] = JsonObject.Create(format.Schema), ["strict"] = true },
            };
        }
        return body;
    }

    public override ChatResponse? Read(JsonElement body, string model)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return null;
        var items = WireJson.Array(body, "output");
        var status = WireJson.Text(body, "status");
        if ((items.Count == 0 || status == "failed") && OpenAiFault.Find(body) is { } fault)
            throw new OpenAiFaultException(fault);
        if (WireJson.Member(body, "output") is null && WireJson.Text(body, "output_text") is null)
            return null;
        var contents = new List<AIContent>();
        foreach (var item in items)
            Read(item, contents);
        if (status is "failed" or "cancelled" or "queued" or "in_progress")
            throw new OpenAiFaultException(new OpenAiFault("server_error", $"the response is {status}"), contents.Count > 0 ? new ChatMessage(ChatRole.Assistant, contents) : null);
        if (items.Count == 0 && WireJson.Text(body, "output_text") is { Length: > 0 } only)
            AddText(contents, only);
        var reason = WireJson.Text(WireJson.Object(body, "incomplete_details"), "reason");
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents)
        {
            MessageId = WireJson.Text(body, "id"),
            AdditionalProperties = items.Count > 0 ? RawItems.Keep(OpenAiApi.Responses, model, items) : null,
        })
        {
            ResponseId = WireJson.Text(body, "id"),
            ModelId = WireJson.Text(body, "model") ?? model,
            FinishReason = reason is not null ? FinishOf(reason)
                : status == "incomplete" ? ChatFinishReason.Length
                : contents.Any(c => c is FunctionCallContent) ? ChatFinishReason.ToolCalls
                : ChatFinishReason.Stop,
            Usage = UsageOf(body),
        };
    }

    private static void Read(JsonElement item, List<AIContent> contents)
    {
        switch (WireJson.Text(item, "type"))
        {
            case "reasoning":
                string?[] thoughts = [.. Texts(item, "summary"), .. Texts(item, "content")];
                contents.Add(new TextReasoningContent(string.Join("\n\n", thoughts)) { ProtectedData = WireJson.Text(item, "encrypted_content") });
                break;
            case "function_call":
                contents.Add(Answers.Call(
                    WireJson.Text(item, "call_id") ?? WireJson.Text(item, "id") ?? "",
                    WireJson.Text(item, "name") ?? "",
                    WireJson.Member(item, "arguments") ?? default));
                break;
            case "message" or null:
                if (WireJson.Text(item, "content") is { Length: > 0 } plain)
                    AddText(contents, plain);
                foreach (var part in WireJson.Array(item, "content"))
                {
                    if (WireJson.Text(part, "refusal") is { Length: > 0 } refusal)
                        contents.Add(Answers.Refused(refusal));
                    else if (WireJson.Text(part, "text") is { Length: > 0 } text)
                        AddText(contents, text);
                }
                break;
            default:
                // Items of hosted tools, which we never offer: kept raw, and given back.
                break;
        }
    }

    private static IEnumerable<string> Texts(JsonElement item, string name) =>
        WireJson.Array(item, name).Select(p => WireJson.Text(p, "text")).Where(t => !string.IsNullOrEmpty(t))!;

    private static JsonArray Input(IReadOnlyList<ChatMessage> messages, string model, bool reasoning)
    {
        var input = new JsonArray();
        var ids = new CallIds();
        foreach (var message in messages)
        {
            if (message.Role == ChatRole.Assistant)
            {
                ids.Next(Answers.CallsOf(message));
                foreach (var item in Assistant(message, model, reasoning, ids))
                    input.Add(item);
                continue;
            }
            foreach (var result in message.Contents.OfType<FunctionResultContent>())
                input.Add(new JsonObject { ["type"] = "function_call_output", ["call_id"] = ids.Of(result.CallId), ["output"] = TextOf(result) });
            if (Answers.TextOf(message) is { } text)
                input.Add(new JsonObject { ["role"] = message.Role == ChatRole.System ? "developer" : "user", ["content"] = text });
        }
        return input;
    }

    private static IEnumerable<JsonObject> Assistant(ChatMessage message, string model, bool reasoning, CallIds ids)
    {
        var calls = new Queue<FunctionCallContent>(Answers.CallsOf(message));
        var items = RawItems.Of(message, OpenAiApi.Responses, model).Where(i => i.ValueKind == JsonValueKind.Object).ToList();
        if (items.Count == 0)
        {
            if (Answers.TextOf(message) is { } text)
            {
                var part = new JsonObject { ["type"] = "output_text", ["text"] = text };
                yield return new JsonObject { ["type"] = "message", ["role"] = "assistant", ["content"] = new JsonArray(part) };
            }
            while (calls.TryDequeue(out var call))
                yield return Call([], call, null, ids);
            yield break;
        }

        var last = items.FindLastIndex(i => WireJson.Text(i, "type") != "reasoning");
        // An id of something that is not stored says nothing there; it only holds items together, so when one of them is left out, ids are too.
        var isWhole = items.TrueForAll(i => WireJson.Text(i, "type") != "reasoning" || (reasoning && WireJson.Text(i, "encrypted_content") is { Length: > 0 }));
        for (var i = 0; i < items.Count; i++)
        {
            var wire = WithoutNulls(items[i]);
            switch (WireJson.Text(items[i], "type"))
            {
                case "reasoning":
                    // Thoughts at whose end the answer was cut off stand before nothing, and are refused.
                    if (i > last || !reasoning)
                        continue;
                    if (wire["encrypted_content"] is null)
                    {
                        // Without storage only its own text can speak for it (open models give it); an id alone points at nothing.
                        if (wire["content"] is not JsonArray { Count: > 0 })
                            continue;
                        wire.Remove("id");
                    }
                    wire["summary"] ??= new JsonArray();
                    break;
                case "function_call":
                    if (!calls.TryDequeue(out var call))
                        continue;
                    wire = Call(wire, call, WireJson.Member(items[i], "arguments"), ids);
                    break;
                case null:
                    wire["type"] = "message";
                    break;
            }
            if (!isWhole && WireJson.Text(items[i], "type") != "reasoning")
                wire.Remove("id");
            yield return wire;
        }
    }

    private static JsonObject Call(JsonObject wire, FunctionCallContent call, JsonElement? sent, CallIds ids)
    {
        wire["type"] = "function_call";
        wire["call_id"] = ids.Of(call.CallId);
        wire["name"] = NameOf(call);
        wire["arguments"] = ArgumentsOf(call, sent);
        return wire;
    }

    private static JsonObject WithoutNulls(JsonElement item)
    {
        var wire = new JsonObject();
        foreach (var member in item.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null)
                wire[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }
        return wire;
    }

    /// <summary>Call ids as sent. Endpoints count calls anew in each answer ("call_0"); here an id may stand for one call only.</summary>
    private sealed class CallIds
    {
        private readonly HashSet<string> _used = new(StringComparer.Ordinal);
        private Dictionary<string, string> _current = [];

        public void Next(IReadOnlyList<FunctionCallContent> calls)
        {
            _current = new(StringComparer.Ordinal);
            foreach (var call in calls)
            {
                var id = call.CallId;
                for (var again = 2; !_used.Add(id); again++)
                    id = $"{call.CallId}_{again}";
                _current[call.CallId] = id;
            }
        }

        public string Of(string id) => _current.GetValueOrDefault(id, id);
    }
}
