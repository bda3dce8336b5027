using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Agents.Models;

/// <summary>
/// An answer sent as a stream of events although none was asked for (some proxies always stream): put together into the whole answer the
/// API would have given, so that what was paid for is used.
/// </summary>
internal static class EventStream
{
    public static bool Is(string body)
    {
        var start = body.AsSpan().TrimStart("\uFEFF \t\r\n");
        return start.StartsWith("data:", StringComparison.Ordinal) || start.StartsWith("event:", StringComparison.Ordinal) || start.StartsWith(":", StringComparison.Ordinal);
    }

    /// <summary>The whole answer; null when the events hold none.</summary>
    /// <exception cref="JsonException">An event is no JSON.</exception>
    public static JsonElement? Whole(string body)
    {
        var events = Events(body).Select(WireJson.Parse).ToList();
        // Responses end with the response itself.
        if (events.FindLast(e => WireJson.Object(e, "response") is not null && WireJson.Text(e, "type")?.StartsWith("response.", StringComparison.Ordinal) == true) is { ValueKind: JsonValueKind.Object } last)
            return WireJson.Object(last, "response");
        // An error is told where the answer would have gone on.
        var error = events.Find(e => WireJson.Member(e, "error") is not null || WireJson.Text(e, "type") == "error");
        var chunks = events.Where(e => WireJson.Member(e, "choices") is not null).ToList();
        if (chunks.Count == 0)
            return error.ValueKind == JsonValueKind.Object ? error : null;

        var message = new JsonObject { ["role"] = "assistant" };
        var calls = new SortedDictionary<long, JsonObject>();
        JsonNode? finish = null;
        JsonNode? usage = null;
        foreach (var chunk in chunks)
        {
            usage = WireJson.Object(chunk, "usage") is { } counted ? Node(counted) : usage;
            if (WireJson.Array(chunk, "choices") is not [var choice, ..])
                continue;
            finish = WireJson.Text(choice, "finish_reason") is { Length: > 0 } why ? why : finish;
            if ((WireJson.Object(choice, "delta") ?? WireJson.Object(choice, "message")) is { } delta)
                Add(message, calls, delta);
        }
        if (calls.Count > 0)
            message["tool_calls"] = new JsonArray([.. calls.Values]);
        var whole = new JsonObject
        {
            ["id"] = WireJson.Text(chunks[0], "id"),
            ["model"] = WireJson.Text(chunks[0], "model"),
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finish ?? (error.ValueKind == JsonValueKind.Object ? "error" : null) }),
        };
        if (usage is not null)
            whole["usage"] = usage;
        if (error.ValueKind == JsonValueKind.Object)
            whole["error"] = WireJson.Member(error, "error") is { } inner ? Node(inner) : Node(error);
        return WireJson.Parse(whole.ToJsonString());
    }

    private static IEnumerable<string> Events(string body)
    {
        // What the end cut off before its empty line is an event too.
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(body.TrimStart(['\uFEFF', ' ', '\t', '\r', '\n']) + "\n\n"));
        foreach (var sent in SseParser.Create(stream).Enumerate())
        {
            if (sent.Data.Trim() is { Length: > 0 } data and not "[DONE]")
                yield return data;
        }
    }

    private static void Add(JsonObject message, SortedDictionary<long, JsonObject> calls, JsonElement delta)
    {
        foreach (var part in delta.EnumerateObject())
        {
            if (part.Name is "role" or "tool_calls" || part.Value.ValueKind == JsonValueKind.Null)
                continue;
            // Texts come in pieces; anything else comes whole, lists one after the other.
            if (part.Value.ValueKind == JsonValueKind.String && message[part.Name] is JsonValue before)
                message[part.Name] = before.ToString() + part.Value.GetString();
            else if (part.Value.ValueKind == JsonValueKind.Array && message[part.Name] is JsonArray list)
                part.Value.EnumerateArray().ToList().ForEach(e => list.Add(Node(e)));
            else
                message[part.Name] = Node(part.Value);
        }
        foreach (var piece in WireJson.Array(delta, "tool_calls"))
        {
            var id = WireJson.Text(piece, "id");
            // Without an index a new id begins a new call, and no id goes on with the last.
            var index = WireJson.Count(piece, "index") ?? (id is { Length: > 0 } && !calls.Values.Any(c => c["id"]?.ToString() == id) ? calls.Count : Math.Max(0, calls.Count - 1));
            if (!calls.TryGetValue(index, out var call))
            {
                call = JsonObject.Create(piece)!;
                call.Remove("index");
                calls[index] = call;
                continue;
            }
            if (WireJson.Object(piece, "function") is not { } more)
                continue;
            var function = call["function"] as JsonObject ?? [];
            call["function"] = function;
            if (WireJson.Text(more, "name") is { Length: > 0 } name && function["name"]?.ToString() is not { Length: > 0 })
                function["name"] = name;
            if (WireJson.Text(more, "arguments") is { } arguments)
                function["arguments"] = function["arguments"]?.ToString() + arguments;
            else if (WireJson.Object(more, "arguments") is { } whole)
                function["arguments"] = Node(whole);
        }
    }

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
