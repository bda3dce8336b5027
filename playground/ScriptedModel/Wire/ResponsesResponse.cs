using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Playground.ScriptedModel.Scenarios;

namespace CodingAgent.Playground.ScriptedModel.Wire;

/// <summary>Writes answers of the Responses API: a reasoning item, then the text or the calls it led to. Ids are hashes of the request.</summary>
internal static class ResponsesResponse
{
    /// <summary>What stands for the encrypted thoughts: only this server, with its key, can tell that they came back whole.</summary>
    public static string Encrypt(string id, string key) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(id)));

    public static string Write(ChatRequest request, string body, Answer answer, DateTimeOffset now, string key)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))[..24];
        var output = new JsonArray(new JsonObject
        {
            ["id"] = $"rs_{hash}",
            ["type"] = "reasoning",
            ["summary"] = new JsonArray(),
            ["encrypted_content"] = Encrypt($"rs_{hash}", key),
        });
        if (answer.Text is { } text)
        {
            output.Add(new JsonObject
            {
                ["id"] = $"msg_{hash}",
                ["type"] = "message",
                ["status"] = "completed",
                ["role"] = "assistant",
                ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() }),
            });
        }
        for (var i = 0; i < answer.Calls.Count; i++)
        {
            output.Add(new JsonObject
            {
                ["id"] = $"fc_{hash}{i}",
                ["type"] = "function_call",
                ["status"] = "completed",
                ["call_id"] = $"call_{hash[..16]}{i}",
                ["name"] = answer.Calls[i].Name,
                ["arguments"] = answer.Calls[i].Arguments.ToJsonString(),
            });
        }
        var (prompt, known, completion) = ChatResponse.Tokens(request, answer);
        return new JsonObject
        {
            ["id"] = $"resp_{hash}",
            ["object"] = "response",
            ["created_at"] = now.ToUnixTimeSeconds(),
            ["status"] = "completed",
            ["error"] = null,
            ["incomplete_details"] = null,
            ["model"] = request.Model,
            ["output"] = output,
            ["store"] = false,
            ["usage"] = new JsonObject
            {
                ["input_tokens"] = prompt,
                ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = known },
                ["output_tokens"] = completion,
                ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
                ["total_tokens"] = prompt + completion,
            },
        }.ToJsonString();
    }
}
