using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>Chat Completions as endpoints really speak it.</summary>
public sealed class ChatCompletionsTests
{
    private static readonly ChatOptions Options = new()
    {
        ModelId = "m",
        ResponseFormat = ChatResponseFormat.ForJsonSchema(CohortOutputs.Critique.Schema, "critique"),
        MaxOutputTokens = 500,
        Tools = [AIFunctionFactory.CreateDeclaration("read_file", "Reads.", JsonElement.Parse("""{"type":"object","properties":{},"required":[],"additionalProperties":false}"""))],
    };

    [Fact]
    public async Task Request_IsWrittenAsTheApiWantsIt()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, """{"choices":[]}""");
        await endpoint.AskAsync([
            new ChatMessage(ChatRole.System, "be good"), new ChatMessage(ChatRole.User, "do it"),
            new ChatMessage(ChatRole.Assistant, [new TextContent("thinking"), new FunctionCallContent("c1", "read_file", new Dictionary<string, object?> { ["path"] = "ü" })]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "text")]),
            new ChatMessage(ChatRole.Assistant, []), new ChatMessage(ChatRole.User, "go on"),
        ], Options);

        var body = endpoint.Bodies.Single();
        body.GetProperty("model").GetString().ShouldBe("m");
        body.GetProperty("max_completion_tokens").GetInt32().ShouldBe(500);
        var messages = body.GetProperty("messages");
        messages.EnumerateArray().Select(m => m.GetProperty("role").GetString()).ShouldBe(["system", "user", "assistant", "tool", "assistant", "user"]);
        messages[2].GetProperty("content").GetString().ShouldBe("thinking");
        messages[2].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString().ShouldBe("""{"path":"ü"}""");
        (messages[3].GetProperty("tool_call_id").GetString(), messages[3].GetProperty("content").GetString()).ShouldBe(("c1", "text"));
        messages[4].GetProperty("content").GetString().ShouldBe("");
        body.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString().ShouldBe("read_file");
        var schema = body.GetProperty("response_format").GetProperty("json_schema");
        schema.GetProperty("name").GetString().ShouldBe("critique");
        schema.GetProperty("strict").GetBoolean().ShouldBeTrue();
        body.TryGetProperty("stream", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_AsOpenAiGivesIt_IsRead()
    {
        var answer = await new FakeEndpoint(OpenAiApi.Chat, """
            {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m-2026","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],
            "tool_calls":[{"id":"call_1","type":"function","function":{"name":"read_file","arguments":"{\"path\":"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":7}}}
            """).AskAsync(options: Options);
        Usage.Of(answer.Usage).ShouldBe(new Usage(1, 100, 20, 64, 7));
        (answer.ResponseId, answer.ModelId, answer.FinishReason).ShouldBe(("chatcmpl-1", "m-2026", ChatFinishReason.ToolCalls));
        answer.Messages.Single().Contents.ShouldHaveSingleItem().ShouldBeOfType<FunctionCallContent>().Name.ShouldBe("read_file");
    }

    // What each is read as: text, then calls (name:arguments), then refusal, then thoughts, then the finish reason.
    [Theory]
    // A finish reason that OpenAI does not have, none, and no usage: an answer all the same.
    [InlineData("""{"id":"a","object":"chat.completion","created":7,"model":"q","choices":[{"index":0,"message":{"role":"assistant","content":"done"},"finish_reason":"eos"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""", "done", "", "", "", "eos")]
    [InlineData("""{"id":"b","created":7,"model":"q","choices":[{"index":0,"message":{"role":"assistant","content":"done"},"finish_reason":null}]}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"message":{"content":"done"},"finish_reason":""}],"usage":null}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"message":{"content":"done"},"finish_reason":"end_turn"}]}""", "done", "", "", "", "end_turn")]
    [InlineData("""{"choices":[{"message":{"content":"don"},"finish_reason":"max_tokens"}]}""", "don", "", "", "", "length")]
    [InlineData("""{"choices":[{"message":{"content":null},"finish_reason":"SAFETY"}]}""", "", "", "", "", "content_filter")]
    // Reasons that promise calls, with none.
    [InlineData("""{"choices":[{"message":{"content":"done"},"finish_reason":"tool_calls"}]}""", "done", "", "", "", "tool_calls")]
    [InlineData("""{"choices":[{"message":{"content":"done","tool_calls":[]},"finish_reason":"function_call"}]}""", "done", "", "", "", "tool_calls")]
    // Nothing said.
    [InlineData("""{"id":"x","choices":[]}""", "", "", "", "", "")]
    [InlineData("""{"choices":[null]}""", "", "", "", "", "")]
    [InlineData("""{"choices":[{"message":null,"finish_reason":"stop"}]}""", "", "", "", "", "stop")]
    [InlineData("""{"choices":[{"message":{"content":null,"tool_calls":null,"function_call":null}}]}""", "", "", "", "", "")]
    [InlineData("""{"choices":{"message":{"content":"done"}}}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"text":"done"}]}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"delta":{"content":"done"}}]}""", "done", "", "", "", "")]
    // Content in parts, some not text.
    [InlineData("""{"choices":[{"message":{"content":[{"type":"text","text":"do"},{"type":"image_url"},"ne",null,7]}}]}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"done"}]}}]}""", "done", "", "", "hm", "")]
    [InlineData("""{"choices":[{"message":{"content":{"text":"done"}}}]}""", "done", "", "", "", "")]
    [InlineData("""{"choices":[{"message":{"content":{"approved":true}}}]}""", "{\"approved\":true}", "", "", "", "")]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"refusal","refusal":"no"}]}}]}""", "", "", "no", "", "")]
    [InlineData("""{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}]}""", "", "", "no", "", "stop")]
    // Thoughts, as others give them.
    [InlineData("""{"choices":[{"message":{"content":"done","reasoning_content":"hm"}}]}""", "done", "", "", "hm", "")]
    [InlineData("""{"choices":[{"message":{"content":"done","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}}]}""", "done", "", "", "hm", "")]
    [InlineData("""{"choices":[{"message":{"content":"done","reasoning":{"summary":[{"text":"hm"}]}}}]}""", "done", "", "", "hm", "")]
    [InlineData("""{"choices":[{"message":{"content":"<think>\nhm\n</think>\n\ndone"}}]}""", "done", "", "", "hm", "")]
    // Calls: arguments that are an object, JSON text twice, missing, null, or no object; ids and names missing.
    [InlineData("""{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}}]}""", "", "f:{\"a\":1}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"\"{\\\"a\\\":1}\""}}]}}]}""", "", "f:{\"a\":1}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f"}},{"id":"d","function":{"name":"g","arguments":""}},{"id":"e","function":{"name":"h","arguments":null}}]}}]}""", "", "f:{} g:{} h:{}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"tool_calls":[{"id":null,"function":{"name":null,"arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}},null,7]}}]}""", "", ":{} f:{}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"tool_calls":{"id":"c","function":{"name":"f","arguments":"{}"}}}}]}""", "", "f:{}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"tool_calls":[{"id":"c","name":"f","arguments":{"a":1}}]}}]}""", "", "f:{\"a\":1}", "", "", "")]
    [InlineData("""{"choices":[{"message":{"function_call":{"name":"f","arguments":"{\"a\":1}"}},"finish_reason":"function_call"}]}""", "", "f:{\"a\":1}", "", "", "tool_calls")]
    [InlineData("""{"choices":[{"message":{"content":"cut \ud83d off \\ud83d \ud83c\udf89"}}]}""", "cut \uFFFD off \\ud83d 🎉", "", "", "", "")]
    public async Task Answer_OfAnyShape_IsRead(string body, string text, string calls, string refusal, string thoughts, string finish)
    {
        foreach (var before in (string[])["", "\uFEFF", "\r\n\r\n  "])
        {
            var answer = await new FakeEndpoint(OpenAiApi.Chat, before + body).AskAsync();
            var contents = answer.Messages.Single().Contents;
            string.Concat(contents.OfType<TextContent>().Select(t => t.Text)).ShouldBe(text);
            string.Join(' ', contents.OfType<FunctionCallContent>().Select(c => $"{c.Name}:{JsonSerializer.Serialize(c.Arguments)}")).ShouldBe(calls);
            string.Concat(contents.OfType<ErrorContent>().Select(e => e.Message)).ShouldBe(refusal);
            string.Concat(contents.OfType<TextReasoningContent>().Select(t => t.Text)).ShouldBe(thoughts);
            (answer.FinishReason?.Value ?? "").ShouldBe(finish);
            answer.ModelId.ShouldNotBeNull();
        }
    }

    [Theory]
    [InlineData("""{"prompt_tokens":5,"completion_tokens":null}""", 5, 0, 0, 0)]
    [InlineData("""{"prompt_tokens":"5","completion_tokens":2.0,"prompt_tokens_details":null}""", 5, 2, 0, 0)]
    [InlineData("""{"prompt_tokens":9,"completion_tokens":1,"prompt_cache_hit_tokens":4,"completion_tokens_details":{"reasoning_tokens":1}}""", 9, 1, 4, 1)]
    [InlineData("""{"input_tokens":9,"output_tokens":1,"input_tokens_details":{"cached_tokens":2}}""", 9, 1, 2, 0)]
    public async Task Usage_OfAnyShape_IsRead(string usage, long input, long output, long cached, long reasoning) =>
        Usage.Of((await new FakeEndpoint(OpenAiApi.Chat, $$"""{"choices":[],"usage":{{usage}}}""").AskAsync()).Usage).ShouldBe(new Usage(1, input, output, cached, reasoning));

    [Theory]
    [InlineData("""{"choices":[{"error":{"code":502,"message":"lost upstream"},"finish_reason":"error","message":{"role":"assistant","content":""}}]}""", "answered 200 with error 502: lost upstream")]
    [InlineData("""{"choices":[{"finish_reason":"error","message":{"role":"assistant","content":"half an ans"}}],"usage":{"prompt_tokens":null}}""", "broken off (error)")]
    [InlineData("""{"choices":[{"finish_reason":"insufficient_system_resource","message":{"content":""}}]}""", "broken off")]
    [InlineData("""{"choices":[{"finish_reason":"abort","message":{"content":""}}]}""", "broken off")]
    public async Task Answer_BrokenOff_IsWorthTryingAgain(string body, string expected) =>
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(OpenAiApi.Chat, body).AskAsync())).Message.ShouldContain(expected);

    [Fact]
    public async Task Answer_WithNoise_AnErrorBesideIt_IsAnAnswer() =>
        (await new FakeEndpoint(OpenAiApi.Chat, """{"error":{},"choices":[{"error":null,"message":{"content":"done"},"finish_reason":"stop"}]}""").AskAsync()).Text.ShouldBe("done");

    [Fact]
    public async Task Conversation_GoesBack_WithWhatOnlyTheEndpointUnderstands()
    {
        const string calling = """
            {"choices":[{"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],"reasoning_content":"hm","reasoning_details":[{"type":"reasoning.encrypted","data":"xyz"}],
            "tool_calls":[{"id":"","index":0,"type":"function","extra_content":{"google":{"thought_signature":"sig"}},"function":{"name":"read file!","arguments":{"path":"a"}}},
            {"id":"same","type":"function","function":{"name":"append","arguments":"{\"path\": \"a\"}"}},{"id":"same","type":"function","function":{"name":"append","arguments":"{not json"}}]}}]}
            """;
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, calling, """{"choices":[{"message":{"content":"done"}}]}""");
        await new Runs.RunHarness().RunAsync(endpoint.Client);

        var message = endpoint.Bodies[1].GetProperty("messages")[2];
        message.GetProperty("reasoning_content").GetString().ShouldBe("hm");
        message.GetProperty("reasoning_details")[0].GetProperty("data").GetString().ShouldBe("xyz");
        message.TryGetProperty("refusal", out _).ShouldBeFalse();
        message.TryGetProperty("annotations", out _).ShouldBeFalse();
        var calls = message.GetProperty("tool_calls").EnumerateArray().ToList();
        calls[0].GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString().ShouldBe("sig");
        calls[0].TryGetProperty("index", out _).ShouldBeFalse();
        // Names and arguments in the form that is taken back, and every call under an id of its own that its output answers.
        calls.Select(c => c.GetProperty("function").GetProperty("name").GetString()).ShouldBe(["read_file_", "append", "append"]);
        calls.Select(c => c.GetProperty("function").GetProperty("arguments").GetString()).ShouldBe(["""{"path":"a"}""", """{"path": "a"}""", """{"not_json":"{not json"}"""]);
        var ids = calls.Select(c => c.GetProperty("id").GetString()).ToList();
        ids.ShouldBeUnique();
        endpoint.Bodies[1].GetProperty("messages").EnumerateArray().Skip(3).Select(m => m.GetProperty("tool_call_id").GetString()).ShouldBe(ids);
        endpoint.Bodies[1].GetProperty("messages")[5].GetProperty("content").GetString().ShouldNotBeNull().ShouldContain("not valid JSON");
    }

    [Fact]
    public async Task Conversation_OfAnotherModel_GoesBackWithoutItsSignatures()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, """{"choices":[{"message":{"content":"done","reasoning_content":"hm"}}]}""", """{"choices":[]}""");
        var said = (await endpoint.AskAsync()).Messages.Single();
        await endpoint.AskAsync([said, new ChatMessage(ChatRole.User, "go on")], new ChatOptions { ModelId = "another" });
        endpoint.Bodies[1].GetProperty("messages")[0].GetRawText().ShouldBe("""{"role":"assistant","content":"done"}""");
    }

    [SharedCasesFact]
    public async Task SharedCases_AreRead()
    {
        var lines = await File.ReadAllLinesAsync(SharedCasesFactAttribute.Path);
        (await new FakeEndpoint(OpenAiApi.Chat, lines[0]).AskAsync()).Text.ShouldBe("hi");
        (await new FakeEndpoint(OpenAiApi.Chat, lines[1]).AskAsync()).Text.ShouldBe("hi");
        (await Should.ThrowAsync<ModelRejectedException>(() => new FakeEndpoint(OpenAiApi.Chat, lines[2]).AskAsync()))
            .ShouldSatisfyAllConditions(e => e.Cause.ShouldBe(ModelRejection.Credit), e => e.Status.ShouldBe(402), e => e.Message.ShouldContain("Insufficient credits"));
    }
}

/// <summary>Runs where the shared cases lie beside the repository.</summary>
internal sealed class SharedCasesFactAttribute : FactAttribute
{
    public SharedCasesFactAttribute()
    {
        if (!File.Exists(Path))
            Skip = $"There is no {Path}: it lies beside a checkout that has the shared cases.";
    }

    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "CodingAgent.sln")))
            folder = System.IO.Path.GetDirectoryName(folder);
        return System.IO.Path.GetFullPath(System.IO.Path.Combine(folder ?? ".", "..", "shared", "cases", "model.jsonl"));
    }
}
