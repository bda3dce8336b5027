using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace CodingAgent.Agents.Models;

/// <summary>Chat Completions, as OpenAI defines it and as others answer it.</summary>
internal sealed class ChatCompletionsWire(ChatClient client) : OpenAiWire
{
    // Fields of an answer that endpoints want back with it: reasoning of DeepSeek, vLLM and OpenRouter, signatures of Gemini and of
    // gateways. Everything else (refusal, annotations, audio) is not part of a request.
    private static readonly string[] GivenBack =
        ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "extra_content", "provider_specific_fields"];

    private static readonly string[] ReasoningFields = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];

    public override string AnswerName => "chat completion";

    public override Task<ClientResult> SendAsync(BinaryContent body, RequestOptions options) => client.CompleteChatAsync(body, options);

    public override JsonObject Write(IReadOnlyList<ChatMessage> messages, ChatOptions options, bool reasoning)
    {
        var wire = new JsonArray();
        if (options.Instructions is { Length: > 0 } instructions)
            wire.Add(Message("system", instructions));
        foreach (var message in messages)
        {
            if (message.Role == ChatRole.Assistant)
            {
                wire.Add(Assistant(message, options.ModelId!));
                continue;
            }
            foreach (var result in message.Contents.OfType<FunctionResultContent>())
                wire.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = TextOf(result) });
            if (Answers.TextOf(message) is { } text)
                wire.Add(Message(message.Role == ChatRole.System ? "system" : "user", text));
        }

        var body = new JsonObject { ["model"] = options.ModelId, ["messages"] = wire };
        if (options.MaxOutputTokens is { } most)
            body["max_completion_tokens"] = most;
        if (FunctionsOf(options).ToList() is { Count: > 0 } functions)
        {
            body["tools"] = new JsonArray([.. functions.Select(f => (JsonNode)new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject
                {
                    ["name"] = f.Function.Name,
                    ["description"] = f.Function.Description,
                    ["parameters"] = JsonObject.Create(f.Function.JsonSchema),
                    ["strict"] = f.IsStrict,
                },
            })]);
        }
        if (SchemaOf(options) is { } format)
        {
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = format.Name, ["schema"] = JsonObject.Create(format.Schema), ["strict"] = true },
            };
        }
        return body;
    }

    public override ChatResponse? Read(JsonElement body, string model)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return null;
        // Seen: the choice itself in place of the list (Ollama's own API under the path of OpenAI's).
        var isBare = WireJson.Member(body, "choices") is null && WireJson.Object(body, "message") is not null;
        List<JsonElement> choices = isBare ? [body] : [.. WireJson.Array(body, "choices").Where(c => c.ValueKind == JsonValueKind.Object)];
        JsonElement? choice = choices.Count == 0 ? null : choices[Math.Max(0, choices.FindIndex(HasSaid))];
        var message = MessageIn(choice);
        if (message is null && OpenAiFault.Find(choice ?? body) is { } fault)
            throw new OpenAiFaultException(fault);
        if (WireJson.Member(body, "choices") is null && !isBare)
            return null;

        var contents = message is { } said ? Contents(said) : [];
        if (message is null)
            AddText(contents, WireJson.Text(choice, "text"));
        // One answer told in two choices, text in one and calls in the other: alternatives are never asked for.
        if (!contents.Exists(c => c is FunctionCallContent or ErrorContent) && choices.Find(c => CallsIn(MessageIn(c)).Count > 0) is { ValueKind: JsonValueKind.Object } calling)
        {
            contents.AddRange(Contents(MessageIn(calling)!.Value).OfType<FunctionCallContent>());
            (choice, message) = (calling, null);
        }
        var finish = WireJson.Text(choice, "finish_reason") ?? WireJson.Text(choice, "done_reason");
        var isEmpty = !contents.Exists(c => c is TextContent or FunctionCallContent or ErrorContent);
        var before = contents.Count > 0 ? new ChatMessage(ChatRole.Assistant, contents) : null;
        // A gateway that lost its upstream in the middle has already sent a 200: the error stands beside what was said.
        if ((isEmpty || IsBrokenOff(finish)) && (ErrorIn(choice) ?? ErrorIn(body)) is { } inside)
            throw new OpenAiFaultException(inside, before);
        if (IsBrokenOff(finish))
            throw new OpenAiFaultException(new OpenAiFault("server_error", $"the answer was broken off ({finish})"), before);

        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents)
        {
            MessageId = WireJson.Text(body, "id"),
            AdditionalProperties = message is { } raw ? RawItems.Keep(OpenAiApi.Chat, model, [raw]) : null,
        })
        {
            ResponseId = WireJson.Text(body, "id"),
            ModelId = WireJson.Text(body, "model") ?? model,
            FinishReason = FinishOf(finish),
            Usage = UsageOf(body),
        };
    }

    private static JsonElement? MessageIn(JsonElement? choice) => WireJson.Object(choice, "message") ?? WireJson.Object(choice, "delta");

    private static bool HasSaid(JsonElement choice) =>
        WireJson.Text(choice, "text") is { Length: > 0 }
        || (MessageIn(choice) is { } message && Contents(message).Exists(c => c is TextContent or FunctionCallContent or ErrorContent));

    private static OpenAiFault? ErrorIn(JsonElement? part) =>
        WireJson.Member(part, "error") is not null && OpenAiFault.Find(part!.Value) is { } fault && (fault.Message.Length > 0 || fault.Code.Length > 0) ? fault : null;

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };

    private static JsonObject Assistant(ChatMessage message, string model)
    {
        JsonElement? raw = RawItems.Of(message, OpenAiApi.Chat, model) is [var kept, ..] ? kept : null;
        var calls = Answers.CallsOf(message);
        var wire = new JsonObject { ["role"] = "assistant" };
        foreach (var field in GivenBack)
        {
            if (WireJson.Member(raw, field) is { } value)
                wire[field] = Node(value);
        }
        if (WireJson.Member(raw, "content") is { ValueKind: JsonValueKind.String or JsonValueKind.Array } content && content.GetRawText() is not ("\"\"" or "[]"))
            wire["content"] = Node(content);
        else if (Answers.TextOf(message) is { } text)
            wire["content"] = text;
        else if (calls.Count == 0)
            // The wire needs content where there are no calls; an empty message of the model stays an empty text.
            wire["content"] = "";
        if (calls.Count > 0)
        {
            var sent = CallsIn(raw);
            wire["tool_calls"] = new JsonArray([.. calls.Select((call, i) => (JsonNode)Call(call, i < sent.Count ? sent[i] : null))]);
        }
        return wire;
    }

    // What came beside id, name and arguments (a signature) goes back with the call.
    private static JsonObject Call(FunctionCallContent call, JsonElement? sent)
    {
        var wire = sent is { } raw && WireJson.Object(raw, "function") is not null ? JsonObject.Create(raw)! : [];
        var function = wire["function"] as JsonObject ?? [];
        wire.Remove("function");
        wire.Remove("index");
        wire["id"] = call.CallId;
        wire["type"] = "function";
        function["name"] = NameOf(call);
        function["arguments"] = ArgumentsOf(call, WireJson.Member(WireJson.Object(sent, "function") ?? sent, "arguments"));
        wire["function"] = function;
        return wire;
    }

    private static List<AIContent> Contents(JsonElement message)
    {
        var contents = new List<AIContent>();
        foreach (var field in ReasoningFields)
        {
            if (TextIn(WireJson.Member(message, field)) is { Length: > 0 } thought)
            {
                contents.Add(new TextReasoningContent(thought));
                break;
            }
        }
        AddContent(contents, WireJson.Member(message, "content"));
        if (TextIn(WireJson.Member(message, "refusal")) is { Length: > 0 } refusal)
            contents.Add(Answers.Refused(refusal));
        foreach (var call in CallsIn(message))
        {
            var function = WireJson.Object(call, "function") ?? call;
            contents.Add(Answers.Call(
                WireJson.Text(call, "id") ?? "", WireJson.Text(function, "name") ?? "", WireJson.Member(function, "arguments") ?? default));
        }
        return contents;
    }

    private static List<JsonElement> CallsIn(JsonElement? message)
    {
        var calls = WireJson.Array(message, "tool_calls").Where(c => c.ValueKind == JsonValueKind.Object).ToList();
        // The older form of one call.
        if (calls.Count == 0 && WireJson.Object(message, "function_call") is { } old)
            calls.Add(old);
        return calls;
    }

    private static void AddContent(List<AIContent> contents, JsonElement? content)
    {
        if (content is { ValueKind: JsonValueKind.Array } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                if (WireJson.Text(part, "refusal") is { Length: > 0 } refusal)
                    contents.Add(Answers.Refused(refusal));
                else if (WireJson.Member(part, "thinking") is { } thinking)
                    contents.Add(new TextReasoningContent(TextIn(thinking)));
                else if (WireJson.Text(part, "type") is { } type && (type.Contains("reasoning", StringComparison.Ordinal) || type.Contains("thinking", StringComparison.Ordinal)))
                    contents.Add(new TextReasoningContent(TextIn(part)));
                else if (WireJson.Text(part, "type") == "tool_use")
                    contents.Add(Answers.Call(WireJson.Text(part, "id") ?? "", WireJson.Text(part, "name") ?? "", WireJson.Member(part, "input") ?? default));
                else
                    AddText(contents, TextIn(part));
            }
            return;
        }
        // An answer that follows a schema is sometimes given as the object instead of its text.
        AddText(contents, TextIn(content) ?? (content is { ValueKind: JsonValueKind.Object } answer ? answer.GetRawText() : null));
    }

    private static string? TextIn(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(p => TextIn(p))),
        { ValueKind: JsonValueKind.Object } part =>
            TextIn(WireJson.Member(part, "text") ?? WireJson.Member(part, "content") ?? WireJson.Member(part, "summary")),
        _ => null,
    };

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
