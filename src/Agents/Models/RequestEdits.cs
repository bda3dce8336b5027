using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CodingAgent.Agents.Models;

/// <summary>The changes that <see cref="Adaptation"/> makes to a request, in either API's JSON; each gives false when there was nothing to change.</summary>
internal static class RequestEdits
{
    // Given back only to who sent them: ChatCompletionsWire.
    private static readonly string[] Thoughts =
        ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "extra_content", "provider_specific_fields"];

    public static bool WithoutLimit(JsonObject body) => body.Remove("max_completion_tokens") | body.Remove("max_tokens") | body.Remove("max_output_tokens");

    public static bool Rename(JsonObject body, string from, string to)
    {
        if (body[from] is not { } value)
            return false;
        body.Remove(from);
        body[to] = value.DeepClone();
        return true;
    }

    public static bool Set(JsonObject body, string name, int value)
    {
        if (body.ContainsKey(name) || !body.ContainsKey("messages"))
            return false;
        body[name] = value;
        return true;
    }

    public static bool WithoutStrict(JsonObject body)
    {
        var changed = false;
        foreach (var function in Functions(body))
            changed |= function.Remove("strict");
        foreach (var format in (JsonObject?[])[body["response_format"]?["json_schema"] as JsonObject, body["text"]?["format"] as JsonObject])
            changed |= format?.Remove("strict") == true;
        return changed;
    }

    public static bool SayFormat(JsonObject body, bool jsonMode)
    {
        var isChat = body.ContainsKey("messages");
        var format = isChat ? body["response_format"] : body["text"]?["format"];
        if (format is null)
            return false;
        if ((isChat ? format["json_schema"]?["schema"] : format["schema"]) is { } schema)
        {
            AddInstructions(body, $"Your final answer is one JSON object and nothing else: no Markdown, no words around it. It follows this JSON schema:\n{schema.ToJsonString()}");
        }
        else if (jsonMode)
        {
            return false;
        }
        var mode = jsonMode ? new JsonObject { ["type"] = "json_object" } : null;
        if (!isChat)
            body["text"]!.AsObject().Remove("format");
        else
            body.Remove("response_format");
        if (mode is not null && isChat)
            body["response_format"] = mode;
        else if (mode is not null)
            body["text"]!["format"] = mode;
        else if (body["text"] is JsonObject { Count: 0 })
            body.Remove("text");
        return true;
    }

    private static void AddInstructions(JsonObject body, string text)
    {
        if (body["messages"] is not JsonArray messages)
        {
            body["instructions"] = body["instructions"] is { } given ? $"{given}\n\n{text}" : text;
            return;
        }
        if (messages.FirstOrDefault() is JsonObject first && IsRole(first, "system", "developer") && first["content"] is { } content)
            first["content"] = $"{content}\n\n{text}";
        else if (messages.FirstOrDefault() is JsonObject user && IsRole(user, "user"))
            user["content"] = $"{text}\n\n{user["content"]}";
        else
            messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = text });
    }

    public static bool Join(JsonObject body)
    {
        if (body["messages"] is not JsonArray messages)
            return false;
        var changed = false;
        for (var i = messages.Count - 1; i > 0; i--)
        {
            if (messages[i] is not JsonObject later || messages[i - 1] is not JsonObject earlier || !IsRole(later, "user", "system") || Role(later) != Role(earlier))
                continue;
            earlier["content"] = $"{earlier["content"]}\n\n{later["content"]}";
            messages.RemoveAt(i);
            changed = true;
        }
        return changed;
    }

    public static bool WithoutSystem(JsonObject body)
    {
        if (body["messages"] is not JsonArray messages)
        {
            var developers = Objects(body["input"]).Where(m => IsRole(m, "developer")).ToList();
            developers.ForEach(m => m["role"] = "user");
            return developers.Count > 0;
        }
        if (messages.FirstOrDefault() is not JsonObject first || !IsRole(first, "system", "developer"))
            return false;
        messages.RemoveAt(0);
        if (messages.FirstOrDefault() is JsonObject user && IsRole(user, "user"))
            user["content"] = $"{first["content"]}\n\n{user["content"]}";
        else
            messages.Insert(0, new JsonObject { ["role"] = "user", ["content"] = first["content"]?.DeepClone() });
        return true;
    }

    public static bool Between(JsonObject body)
    {
        if (body["messages"] is not JsonArray messages)
            return false;
        var changed = false;
        for (var i = messages.Count - 1; i > 0; i--)
        {
            if (messages[i] is JsonObject user && IsRole(user, "user") && messages[i - 1] is JsonObject tool && IsRole(tool, "tool"))
            {
                messages.Insert(i, new JsonObject { ["role"] = "assistant", ["content"] = "I have read it." });
                changed = true;
            }
        }
        return changed;
    }

    public static bool ShortIds(JsonObject body)
    {
        var changed = false;
        foreach (var message in Objects(body["messages"]).Concat(Objects(body["input"])))
        {
            foreach (var (holder, name) in Objects(message["tool_calls"]).Select(c => (c, "id")).Append((message, "tool_call_id")).Append((message, "call_id")))
            {
                if (holder[name]?.GetValue<string>() is not { Length: > 0 } id || Short(id) is not { } made || made == id)
                    continue;
                holder[name] = made;
                changed = true;
            }
        }
        return changed;
    }

    // Mistral's and its templates' form: exactly nine letters and digits. Ids that have it stay as they are.
    private static string Short(string id) => id.Length == 9 && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..9];

    public static bool WithThoughts(JsonObject body)
    {
        var bare = Objects(body["messages"]).Where(m => IsRole(m, "assistant") && m["reasoning_content"] is null).ToList();
        bare.ForEach(m => m["reasoning_content"] = " ");
        return bare.Count > 0;
    }

    public static bool WithoutThoughts(JsonObject body)
    {
        var changed = false;
        foreach (var message in Objects(body["messages"]).Where(m => IsRole(m, "assistant")))
        {
            foreach (var field in Thoughts)
                changed |= message.Remove(field);
            foreach (var call in Objects(message["tool_calls"]))
                changed |= call.Remove("extra_content") | call.Remove("provider_specific_fields");
            // Thoughts in parts of the content (Mistral's form) go too.
            if (message["content"] is JsonArray parts)
            {
                var texts = Objects(parts).Where(p => p["text"] is not null).Select(p => p["text"]!.ToString()).ToList();
                message["content"] = string.Concat(texts);
                changed = true;
            }
        }
        return changed;
    }

    public static bool Texts(JsonObject body, string text, bool everywhere)
    {
        var changed = false;
        foreach (var message in Objects(body["messages"]).Where(m => IsRole(m, "assistant", "tool", "user")))
        {
            var isBare = message["content"] is null || (everywhere && message["content"] is JsonValue value && string.IsNullOrWhiteSpace(value.ToString()));
            if (!isBare)
                continue;
            message["content"] = text;
            changed = true;
        }
        return changed;
    }

    public static bool Plain(JsonObject body)
    {
        var changed = WithoutStrict(body);
        foreach (var function in Functions(body))
        {
            if (function["parameters"] is JsonObject parameters)
                changed |= PlainSchema(parameters);
        }
        return changed;
    }

    // Gemini's and other proto-typed servers' subset: one type each, nullable beside it, nothing about what is not listed.
    private static bool PlainSchema(JsonObject schema)
    {
        var changed = schema.Remove("additionalProperties") | schema.Remove("$schema") | schema.Remove("default") | schema.Remove("title");
        if (schema["type"] is JsonArray types)
        {
            var names = types.Select(t => t!.ToString()).ToList();
            schema["type"] = names.Find(n => n != "null") ?? "string";
            if (names.Contains("null", StringComparer.Ordinal))
                schema["nullable"] = true;
            changed = true;
        }
        if (schema["anyOf"] is JsonArray { Count: 2 } either && Objects(either).ToList() is [_, _] pair && pair.Find(o => o["type"]?.ToString() != "null") is { } real && pair.Exists(o => o["type"]?.ToString() == "null"))
        {
            schema.Remove("anyOf");
            foreach (var (name, value) in real.ToList())
                schema[name] = value?.DeepClone();
            schema["nullable"] = true;
            changed = true;
        }
        foreach (var part in (schema["properties"] as JsonObject ?? []).Select(p => p.Value).OfType<JsonObject>())
            changed |= PlainSchema(part);
        if (schema["items"] is JsonObject items)
            changed |= PlainSchema(items);
        return changed;
    }

    public static bool PlainItems(JsonObject body)
    {
        if (body["input"] is not JsonArray input)
            return false;
        var changed = false;
        for (var i = input.Count - 1; i >= 0; i--)
        {
            if (input[i] is not JsonObject item)
                continue;
            string[] known = item["type"]?.ToString() switch
            {
                "reasoning" => [],
                "function_call" => ["type", "call_id", "name", "arguments"],
                "function_call_output" => ["type", "call_id", "output"],
                _ => ["type", "role", "content"],
            };
            if (known.Length == 0)
            {
                input.RemoveAt(i);
                changed = true;
                continue;
            }
            foreach (var name in item.Select(p => p.Key).Except(known, StringComparer.Ordinal).ToList())
                changed |= item.Remove(name);
            foreach (var part in Objects(item["content"]))
            {
                foreach (var name in part.Select(p => p.Key).Where(k => k is not ("type" or "text")).ToList())
                    changed |= part.Remove(name);
            }
        }
        return changed;
    }

    private static IEnumerable<JsonObject> Functions(JsonObject body) => Objects(body["tools"]).Select(t => t["function"] as JsonObject ?? t);

    private static IEnumerable<JsonObject> Objects(JsonNode? array) => (array as JsonArray ?? []).OfType<JsonObject>();

    private static string? Role(JsonObject message) => message["role"]?.ToString();

    private static bool IsRole(JsonObject message, params string[] roles) => Role(message) is { } role && roles.Contains(role, StringComparer.Ordinal);
}
