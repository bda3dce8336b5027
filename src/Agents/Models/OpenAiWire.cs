using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>One of the two APIs: how a question is written, sent, and an answer read. What is sent and read is raw JSON.</summary>
internal abstract partial class OpenAiWire
{
    /// <summary>Name of what is answered, for errors.</summary>
    public abstract string AnswerName { get; }

    /// <summary>Writes the request.</summary>
    /// <param name="messages">Conversation.</param>
    /// <param name="options">Options; the model is set.</param>
    /// <param name="reasoning">False leaves out what asks for, and what gives back, encrypted reasoning.</param>
    public abstract JsonObject Write(IReadOnlyList<ChatMessage> messages, ChatOptions options, bool reasoning);

    /// <summary>Posts a request.</summary>
    public abstract Task<ClientResult> SendAsync(BinaryContent body, RequestOptions options);

    /// <summary>Reads an answer; null when the body is none.</summary>
    /// <exception cref="OpenAiFaultException">The answer holds an error in its place.</exception>
    public abstract ChatResponse? Read(JsonElement body, string model);

    /// <summary>True when a refusal is about encrypted reasoning, so that the same question without it may be answered.</summary>
    public virtual bool IsAboutReasoning(OpenAiFault fault) => false;

    /// <summary>A JSON schema format's parts, when one is asked for.</summary>
    protected static (string Name, JsonElement Schema)? SchemaOf(ChatOptions options) =>
        options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } format ? (format.SchemaName ?? "output", schema) : null;

    /// <summary>The functions offered.</summary>
    protected static IEnumerable<(AIFunctionDeclaration Function, bool IsStrict)> FunctionsOf(ChatOptions options) =>
        (options.Tools ?? []).OfType<AIFunctionDeclaration>().Select(f => (f, f.AdditionalProperties.TryGetValue("strict", out var strict) && strict is true));

    /// <summary>A tool's output as text.</summary>
    protected static string TextOf(FunctionResultContent result) => result.Result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        var other => JsonSerializer.Serialize(other, AIJsonUtilities.DefaultOptions),
    };

    /// <summary>A tool's name as endpoints take it back: they refuse a conversation that holds a name they would not have allowed.</summary>
    protected static string NameOf(FunctionCallContent call)
    {
        var name = NotAllowed().Replace(call.Name ?? "", "_");
        return name.Length switch { 0 => "unnamed", > 64 => name[..64], _ => name };
    }

    /// <summary>
    /// A call's arguments as endpoints take them back. Local servers parse them for their templates and refuse the conversation for
    /// good when they are no JSON object.
    /// </summary>
    protected static string ArgumentsOf(FunctionCallContent call, JsonElement? asSent) =>
        Answers.BrokenArgumentsOf(call) is { } broken ? new JsonObject { ["not_json"] = broken }.ToJsonString()
        : asSent is { ValueKind: JsonValueKind.String } text && IsObject(text.GetString()!) ? text.GetString()!
        : Answers.ArgumentsOf(call);

    /// <summary>Text of an answer, without the thoughts that stand before it.</summary>
    protected static void AddText(List<AIContent> contents, string? text)
    {
        if (text is null)
            return;
        // Only at the front; what comes after the first words is the answer.
        var (thought, answer) = contents.Exists(c => c is TextContent) ? ("", text) : Thoughts.Split(text);
        if (thought.Length > 0)
            contents.Add(new TextReasoningContent(thought));
        if (answer.Length > 0)
            contents.Add(new TextContent(answer));
    }

    /// <summary>
    /// Counts of an answer, under both APIs' names and some others': Groq's own place, llama.cpp's timings, Ollama's counts. Null when it has none.
    /// </summary>
    public static UsageDetails? UsageOf(JsonElement body)
    {
        if ((WireJson.Object(body, "usage") ?? WireJson.Object(WireJson.Object(body, "x_groq"), "usage")) is not { } usage)
            return OtherCounts(body);
        var input = WireJson.Count(usage, "input_tokens") ?? WireJson.Count(usage, "prompt_tokens") ?? 0;
        var output = WireJson.Count(usage, "output_tokens") ?? WireJson.Count(usage, "completion_tokens") ?? 0;
        var inputs = WireJson.Object(usage, "input_tokens_details") ?? WireJson.Object(usage, "prompt_tokens_details");
        var outputs = WireJson.Object(usage, "output_tokens_details") ?? WireJson.Object(usage, "completion_tokens_details");
        return new UsageDetails
        {
            InputTokenCount = input,
            OutputTokenCount = output,
            TotalTokenCount = WireJson.Count(usage, "total_tokens") ?? input + output,
            CachedInputTokenCount = WireJson.Count(inputs, "cached_tokens")
                ?? WireJson.Count(usage, "prompt_cache_hit_tokens") ?? WireJson.Count(usage, "cached_tokens") ?? WireJson.Count(usage, "cache_read_input_tokens") ?? 0,
            ReasoningTokenCount = WireJson.Count(outputs, "reasoning_tokens") ?? 0,
        };
    }

    private static UsageDetails? OtherCounts(JsonElement body)
    {
        var timings = WireJson.Object(body, "timings");
        var input = WireJson.Count(timings, "prompt_n") ?? WireJson.Count(body, "prompt_eval_count");
        var output = WireJson.Count(timings, "predicted_n") ?? WireJson.Count(body, "eval_count");
        if (input is null && output is null)
            return null;
        var cached = WireJson.Count(timings, "cache_n") ?? 0;
        return new UsageDetails
        {
            InputTokenCount = (input ?? 0) + cached,
            OutputTokenCount = output ?? 0,
            TotalTokenCount = (input ?? 0) + cached + (output ?? 0),
            CachedInputTokenCount = cached,
        };
    }

    /// <summary>
    /// Why it stopped. Only what changes what we do is brought to one name; any other word stays as it is and means an answer.
    /// </summary>
    protected static ChatFinishReason? FinishOf(string? word) => word?.ToLowerInvariant() switch
    {
        null or "" => null,
        "length" or "max_tokens" or "max_output_tokens" or "max_length" or "token_limit" or "model_length" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "content_filter" or "safety" or "sensitive" or "prohibited_content" or "blocklist" or "spii" or "recitation" or "refusal" => ChatFinishReason.ContentFilter,
        "tool_calls" or "tool_call" or "function_call" or "tool_use" => ChatFinishReason.ToolCalls,
        _ => new ChatFinishReason(word),
    };

    /// <summary>True for words with which endpoints say that they broke off: DeepSeek, OpenRouter, vLLM, Z.AI, gateways.</summary>
    protected static bool IsBrokenOff(string? word) => word?.ToLowerInvariant() is
        "error" or "abort" or "aborted" or "network_error" or "insufficient_system_resource" or "failed" or "upstream_error" or "server_error" or "engine_error" or "timeout";

    // To the letter: we read more than others do (trailing commas, comments).
    private static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("[^a-zA-Z0-9_-]", RegexOptions.NonBacktracking)]
    private static partial Regex NotAllowed();
}

/// <summary>An error in the place of an answer.</summary>
internal sealed class OpenAiFaultException(OpenAiFault fault, ChatMessage? said = null) : Exception(fault.Message)
{
    public OpenAiFault Fault { get; } = fault;

    /// <summary>What was answered before it broke off; null when nothing was, and so nothing is to be paid beyond what is counted.</summary>
    public ChatMessage? Said { get; } = said;
}
