using System.Net;
using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>Servers that refuse something in a request: it is said in another way, once, and so from then on.</summary>
public sealed class AdaptationTests
{
    private const string Done = """{"choices":[{"message":{"role":"assistant","content":"done"}}],"output":[{"type":"message","content":[{"type":"output_text","text":"done"}]}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""";

    private static readonly ChatOptions Options = new()
    {
        ModelId = "m",
        MaxOutputTokens = 500,
        ResponseFormat = ChatResponseFormat.ForJsonSchema(CohortOutputs.Critique.Schema, "critique"),
        Tools = [new Strict()],
    };

    private const string LongId = "call_0fypS1hVX_and_much_more_than_forty_letters";
    private const int FewEnough = 25;

    // A conversation of every kind of message, with what an endpoint gave to be given back.
    private static async Task<ChatMessage[]> ConversationAsync()
    {
        var calling = await new FakeEndpoint(OpenAiApi.Chat, $$$"""
            {"choices":[{"message":{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"{{{LongId}}}","type":"function","function":{"name":"read_file","arguments":"{}"},"extra_content":{"s":1}}]}}]}
            """).AskAsync();
        return
        [
            new(ChatRole.System, "be good"), new(ChatRole.User, "do it"), new(ChatRole.User, "soon"), calling.Messages.Single(),
            new(ChatRole.Tool, [new FunctionResultContent(LongId, "text")]), new(ChatRole.User, "go on"), new(ChatRole.Assistant, []), new(ChatRole.User, "now"),
        ];
    }

    /// <summary>What a server says, and when it is content with a request.</summary>
    public static TheoryData<string, string, Func<JsonElement, bool>> Servers => new()
    {
        { "deepseek", """{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}""", b => Format(b) is "json_object" && Says(b, "additionalProperties") },
        { "deepseek by litellm", """{"error":{"message":"litellm.BadRequestError: DeepseekException - Failed to deserialize the JSON body into the target type: response_format: response_format.type `json_schema` is unavailable now at line 1 column 1193"}}""", b => Format(b) is null or "json_object" },
        { "groq", """{"error":{"message":"json mode cannot be combined with tool/function calling","type":"invalid_request_error"}}""", b => Format(b) is null && Says(b, "JSON") },
        { "gemini", """[{"error":{"code":400,"message":"Function calling with a response mime type: 'application/json' is unsupported","status":"INVALID_ARGUMENT"}}]""", b => Format(b) is null },
        { "openrouter around it", """{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\n  \"error\": {\n    \"message\": \"Structured outputs are not supported with this model\"}}"}}}""", b => Format(b) is not "json_schema" },
        { "old server", """{"error":{"message":"Unsupported parameter: 'max_completion_tokens'","param":"max_completion_tokens"}}""", b => b.TryGetProperty("max_tokens", out _) && !b.TryGetProperty("max_completion_tokens", out _) },
        { "vllm", """{"object":"error","message":"max_completion_tokens is too large: 500. This model's maximum context length is 400 tokens","type":"BadRequestError","code":400}""", b => !b.TryGetProperty("max_tokens", out _) && !b.TryGetProperty("max_completion_tokens", out _) },
        { "strict", """{"detail":[{"type":"extra_forbidden","loc":["body","tools",0,"function","strict"],"msg":"Extra inputs are not permitted: strict"}]}""", b => !b.GetRawText().Contains("\"strict\"") },
        { "gemma", """{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-3-27b-it","status":"INVALID_ARGUMENT"}}""", b => Roles(b)[0] == "user" && Says(b, "be good") },
        { "o1", """{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model.","type":"invalid_request_error","param":"messages[0].role","code":"unsupported_value"}}""", b => Roles(b)[0] == "user" },
        { "template", """{"object":"error","message":"After the optional system message, conversation roles must alternate user/assistant/user/assistant/...","type":"BadRequestError","param":null,"code":400}""", b => Roles(b).Where(r => r != "tool").Zip(Roles(b).Where(r => r != "tool").Skip(1)).All(p => p.First != p.Second) },
        { "mistral's order", """{"object":"error","message":"Unexpected role 'user' after role 'tool'","type":"invalid_request_message_order","code":"3230"}""", b => !Roles(b).Zip(Roles(b).Skip(1)).Any(p => p == ("tool", "user")) },
        { "mistral's ids", """{"object":"error","message":"Tool call id was call_0fypS1hVX but must be a-z, A-Z, 0-9, with a length of 9.","type":"invalid_function_call","code":"3280"}""", b => Ids(b).All(i => i.Length == 9 && i.All(char.IsAsciiLetterOrDigit)) && Ids(b).Distinct().Count() == 1 },
        { "openai's ids", """{"error":{"message":"Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead.","param":"messages[3].tool_calls[0].id","code":"string_above_max_length"}}""", b => Ids(b).All(i => i.Length <= 40) },
        { "mistral's thoughts", """{"object":"Error","detail":[{"type":"extra_forbidden","loc":["body","messages",3,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted","input":"x"}]}""", b => !b.GetRawText().Contains("reasoning_content") },
        { "groq's thoughts", """{"message":"messages.2.assistant.reasoning_content: property 'messages.2.assistant.reasoning_content' is unsupported","type":"invalid_request_error","param":"validation_error","code":"wrong_api_format"}""", b => !b.GetRawText().Contains("reasoning_content") },
        { "content", """{"error":{"message":"messages.3.content: field required, must be a string but null was given"}}""", b => b.GetProperty("messages").EnumerateArray().All(m => Content(m) is not null) },
        { "bedrock's content", """{"error":{"message":"The text field in the ContentBlock object at messages.6.content.0 is blank."}}""", b => b.GetProperty("messages").EnumerateArray().All(m => Content(m) is { Length: > 0 }) },
        { "gemini's schema", """{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"type\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Proto field is not repeating, cannot start list."}}""", b => !b.GetProperty("tools").GetRawText().Contains("additionalProperties") && !b.GetProperty("tools").GetRawText().Contains("[\"string\"") },
        { "two things", """{"error":{"message":"response_format is not supported; nor is max_completion_tokens"}}""", b => Format(b) is null && !b.TryGetProperty("max_completion_tokens", out _) },
    };

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Refused_IsSaidAnotherWay_AndKept(string server, string complaint, Func<JsonElement, bool> isContent)
    {
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity])
        {
            var endpoint = new FakeEndpoint(OpenAiApi.Chat, body => isContent(body) ? Json(HttpStatusCode.OK, Done) : Json(status, complaint));
            (await endpoint.AskAsync(await ConversationAsync(), Options)).Text.ShouldBe("done", server);
            endpoint.Client.AdaptationsFor("m").ShouldNotBeEmpty();
            endpoint.Client.AdaptationsFor("another").ShouldBeEmpty();
            var before = endpoint.Count;
            (await endpoint.AskAsync(await ConversationAsync(), Options)).Text.ShouldBe("done");
            endpoint.Count.ShouldBe(before + 1, "what was found out is kept");
        }
    }

    [Theory]
    [InlineData("""{"error":{"message":"Unknown parameter: 'store'","param":"store"}}""", "\"store\"")]
    [InlineData("""{"detail":"text.format of type json_schema is not supported"}""", "json_schema")]
    [InlineData("""{"error":{"message":"Unknown parameter: 'input[1].status'.","param":"input[1].status"}}""", "\"status\"")]
    public async Task Refused_InResponses_IsSaidAnotherWay(string complaint, string unwanted)
    {
        var said = await new FakeEndpoint(OpenAiApi.Responses, """{"output":[{"id":"msg","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]}]}""").AskAsync();
        ChatMessage[] conversation = [new(ChatRole.User, "do it"), said.Messages.Single(), new(ChatRole.User, "go on")];
        var endpoint = new FakeEndpoint(OpenAiApi.Responses, body => body.GetRawText().Contains(unwanted) ? Json(HttpStatusCode.BadRequest, complaint) : Json(HttpStatusCode.OK, Done));
        (await endpoint.AskAsync(conversation, Options)).Text.ShouldBe("done");
    }

    [Fact]
    public async Task Refused_InsideA200_IsSaidAnotherWay()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, body => Json(HttpStatusCode.OK, Format(body) == "json_schema" ? """{"error":{"message":"response_format: json_schema is not supported","code":400}}""" : Done));
        (await endpoint.AskAsync(await ConversationAsync(), Options)).Text.ShouldBe("done");
    }

    // Whatever a server says, it is asked a bounded number of times, and what did not help is not kept.
    [Theory]
    [InlineData("I take no schema, response_format, tools, content, reasoning, system role, max_tokens, strict or tool call id length, and roles must alternate")]
    [InlineData("no")]
    [InlineData("")]
    public async Task Refused_WhateverIsSaid_EndsSoon(string words)
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, _ => Json(HttpStatusCode.BadRequest, new { error = new { message = words } }.Json()));
        (await Should.ThrowAsync<ModelRejectedException>(async () => await endpoint.AskAsync(await ConversationAsync(), Options))).Cause.ShouldBe(ModelRejection.Request);
        endpoint.Count.ShouldBeLessThanOrEqualTo(FewEnough);
        endpoint.Client.AdaptationsFor("m").ShouldBeEmpty();
    }

    [Fact]
    public async Task Refused_WithoutCredit_IsNotAskedAnotherWay()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, _ => Json(HttpStatusCode.BadRequest, """{"error":{"message":"Your credit balance is too low: no tools, no schema"}}"""));
        await Should.ThrowAsync<ModelRejectedException>(async () => await endpoint.AskAsync(await ConversationAsync(), Options));
        endpoint.Count.ShouldBe(1);
    }

    private static string? Format(JsonElement body) => body.TryGetProperty("response_format", out var format) ? format.GetProperty("type").GetString() : null;

    private static bool Says(JsonElement body, string words) => body.GetProperty("messages").EnumerateArray().First().GetProperty("content").GetString()!.Contains(words, StringComparison.Ordinal);

    private static string? Content(JsonElement message) => message.TryGetProperty("content", out var content) ? content.GetString() : null;

    private static List<string> Roles(JsonElement body) => [.. body.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()!)];

    private static List<string> Ids(JsonElement body) =>
    [
        .. body.GetProperty("messages").EnumerateArray().SelectMany(m =>
            m.TryGetProperty("tool_calls", out var calls) ? calls.EnumerateArray().Select(c => c.GetProperty("id").GetString()!)
            : m.TryGetProperty("tool_call_id", out var id) ? [id.GetString()!] : (string[])[]),
    ];

    private sealed class Strict : AIFunctionDeclaration
    {
        public override string Name => "read_file";

        public override string Description => "Reads.";

        public override JsonElement JsonSchema { get; } = JsonElement.Parse("""{"type":"object","properties":{"path":{"type":["string","null"]}},"required":["path"],"additionalProperties":false}""");

        public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } = new Dictionary<string, object?> { ["strict"] = true };
    }
}
