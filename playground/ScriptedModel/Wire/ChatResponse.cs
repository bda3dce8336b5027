using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.ScriptedModel.Scenarios;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>Writes answers and errors. Ids are hashes of the request: the same question has the same answer, byte for byte but the time.</summary>
internal static class ChatResponse
{
    // A token is about four characters of English; cached prefixes count in blocks of 128 tokens, as at the real endpoint.
    private const int CharsPerToken = 4;
    private const int CacheBlock = 128;

    public static string Write(ChatRequest request, string body, Answer answer, DateTimeOffset now)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        var message = new JsonObject { ["role"] = "assistant", ["content"] = answer.Text, ["refusal"] = null };
        if (answer.Calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. answer.Calls.Select((call, i) => (JsonNode)new JsonObject
            {
                ["id"] = $"call_{hash[..16]}{i}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments.ToJsonString() },
            })]);
        }
        var (prompt, known, completion) = Tokens(request, answer);
        return new JsonObject
        {
            ["id"] = $"chatcmpl-{hash[..24]}",
            ["object"] = "chat.completion",
            ["created"] = now.ToUnixTimeSeconds(),
            ["model"] = request.Model,
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = message,
                ["logprobs"] = null,
                ["finish_reason"] = answer.Calls.Count > 0 ? "tool_calls" : "stop",
            }),
            ["usage"] = new JsonObject
            {
                ["prompt_tokens"] = prompt,
                ["completion_tokens"] = completion,
                ["total_tokens"] = prompt + completion,
                ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = known },
                ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
            },
        }.ToJsonString();
    }

    /// <summary>Tokens of the question, of its part that was asked before, and of the answer.</summary>
    public static (int Prompt, int Known, int Completion) Tokens(ChatRequest request, Answer answer)
    {
        var known = request.Messages.TakeWhile((_, i) => i < LastAssistant(request)).Sum(m => m.Text.Length) / CharsPerToken;
        return (
            (request.MessagesJson.Length + request.ToolsJson.Length) / CharsPerToken,
            known / CacheBlock * CacheBlock,
            ((answer.Text?.Length ?? 0) + answer.Calls.Sum(c => c.Arguments.ToJsonString().Length + 40)) / CharsPerToken);
    }

    public static string WriteError(string message, string type, string? code) => JsonSerializer.Serialize(new
    {
        error = new { message, type, param = (string?)null, code },
    });

    private static int LastAssistant(ChatRequest request)
    {
        for (var i = request.Messages.Count - 1; i >= 0; i--)
        {
            if (request.Messages[i].Role == "assistant")
                return i;
        }
        return 0;
    }
}
