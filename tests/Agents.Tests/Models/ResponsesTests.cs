using System.Net;
using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tests.Runs;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>The Responses API, used without anything being stored there.</summary>
public sealed class ResponsesTests
{
    private const string Done = """{"id":"resp_2","status":"completed","output":[{"id":"msg_2","type":"message","role":"assistant","content":[{"type":"output_text","text":"done","annotations":[]}]}]}""";

    private const string Calling = """
        {"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"model":"m-2026","output":[
        {"id":"rs_1","type":"reasoning","status":null,"summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA","later_field":{"n":1.0}},
        {"id":"msg_1","type":"message","status":"completed","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"I look.","annotations":[],"logprobs":[]}]},
        {"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"read","arguments":"{\"path\": \"a\"}"}],
        "usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":64},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":7},"total_tokens":120}}
        """;

    [Fact]
    public async Task Request_IsStateless_AndComplete()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Responses, Done);
        await endpoint.AskAsync([
            new ChatMessage(ChatRole.System, "be good"), new ChatMessage(ChatRole.User, "do it"),
            new ChatMessage(ChatRole.Assistant, [new TextContent("thinking"), new FunctionCallContent("c1", "read_file", new Dictionary<string, object?> { ["path"] = "a" })]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "text")]),
            new ChatMessage(ChatRole.Assistant, []), new ChatMessage(ChatRole.User, "go on"),
        ], new ChatOptions
        {
            ModelId = "m",
            MaxOutputTokens = 500,
            ResponseFormat = ChatResponseFormat.ForJsonSchema(CohortOutputs.Critique.Schema, "critique"),
            Tools = [AIFunctionFactory.CreateDeclaration("read_file", "Reads.", JsonElement.Parse("""{"type":"object","properties":{}}"""))],
        });

        var body = endpoint.Bodies.Single();
        body.GetProperty("store").GetBoolean().ShouldBeFalse();
        body.GetProperty("include").EnumerateArray().Select(i => i.GetString()).ShouldBe(["reasoning.encrypted_content"]);
        body.TryGetProperty("previous_response_id", out _).ShouldBeFalse();
        body.GetProperty("instructions").GetString().ShouldBe("be good");
        body.GetProperty("max_output_tokens").GetInt32().ShouldBe(500);
        body.GetProperty("input").GetRawText().ShouldBe("""
            [{"role":"user","content":"do it"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"thinking"}]},{"type":"function_call","call_id":"c1","name":"read_file","arguments":"{\u0022path\u0022:\u0022a\u0022}"},{"type":"function_call_output","call_id":"c1","output":"text"},{"role":"user","content":"go on"}]
            """);
        var tool = body.GetProperty("tools")[0];
        (tool.GetProperty("type").GetString(), tool.GetProperty("name").GetString(), tool.GetProperty("strict").GetBoolean()).ShouldBe(("function", "read_file", false));
        var format = body.GetProperty("text").GetProperty("format");
        (format.GetProperty("type").GetString(), format.GetProperty("name").GetString(), format.GetProperty("strict").GetBoolean()).ShouldBe(("json_schema", "critique", true));
    }

    [Fact]
    public async Task Answer_AsOpenAiGivesIt_IsRead()
    {
        var answer = await new FakeEndpoint(OpenAiApi.Responses, Calling).AskAsync();
        Usage.Of(answer.Usage).ShouldBe(new Usage(1, 100, 20, 64, 7));
        (answer.ResponseId, answer.ModelId, answer.FinishReason).ShouldBe(("resp_1", "m-2026", ChatFinishReason.ToolCalls));
        var contents = answer.Messages.Single().Contents;
        contents[0].ShouldBeOfType<TextReasoningContent>().ShouldSatisfyAllConditions(t => t.Text.ShouldBe("hm"), t => t.ProtectedData.ShouldBe("gAAA"));
        contents[1].ShouldBeOfType<TextContent>().Text.ShouldBe("I look.");
        contents[2].ShouldBeOfType<FunctionCallContent>().CallId.ShouldBe("call_1");
    }

    [Fact]
    public async Task Conversation_ItemsGoBackWordForWord_AlsoOutOfTheJournal()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Responses, Calling, Done);
        var harness = new RunHarness();
        // Each turn is a process of its own: what is told in the second comes out of the journal.
        harness.Adjust = run => run with { Segment = new SegmentLimits(1, TimeSpan.FromHours(1)) };
        await harness.RunAsync(endpoint.Client);
        harness.Attempt = 2;
        await harness.RunAsync(endpoint.Client);

        var sent = JsonElement.Parse(Calling).GetProperty("output");
        var back = endpoint.Bodies[1].GetProperty("input").EnumerateArray().Skip(1).ToList();
        back[0].GetRawText().ShouldBe("""{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA","later_field":{"n":1.0}}""");
        JsonElement.DeepEquals(back[1], sent[1]).ShouldBeTrue(back[1].GetRawText());
        JsonElement.DeepEquals(back[2], sent[2]).ShouldBeTrue(back[2].GetRawText());
        back[3].GetProperty("type").GetString().ShouldBe("function_call_output");
        back[3].GetProperty("call_id").GetString().ShouldBe("call_1");
        back[3].GetProperty("output").GetString()!.Split('\n')[1].ShouldBe("(none)");
        harness.Journal.Turns("run-1")[0].ResponseJson.ShouldContain("later_field");
    }

    [Theory]
    // Status and finish.
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"don"}]}]}""", "don", "", "", "length")]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}""", "", "", "", "content_filter")]
    [InlineData("""{"status":"incomplete","incomplete_details":null,"output":[]}""", "", "", "", "length")]
    [InlineData("""{"output":[]}""", "", "", "", "stop")]
    // Refusals, and shapes of others.
    [InlineData("""{"output":[{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]}""", "", "", "no", "stop")]
    [InlineData("""{"output":[{"role":"assistant","content":"done"}]}""", "done", "", "", "stop")]
    [InlineData("""{"output":[{"type":"message","content":null},null,7,{"type":"web_search_call","id":"ws"}],"usage":null}""", "", "", "", "stop")]
    [InlineData("""{"output_text":"done","output":[]}""", "done", "", "", "stop")]
    [InlineData("""{"output_text":"done"}""", "done", "", "", "stop")]
    [InlineData("""{"error":{"message":"half-way"},"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"done"}]}]}""", "done", "", "", "stop")]
    // Calls.
    [InlineData("""{"output":[{"type":"function_call","id":"fc","name":"f","arguments":{"a":1}}]}""", "", "fc:f:{\"a\":1}", "", "tool_calls")]
    [InlineData("""{"output":[{"type":"function_call","name":null,"arguments":null}]}""", "", "::{}", "", "tool_calls")]
    public async Task Answer_OfAnyShape_IsRead(string body, string text, string calls, string refusal, string finish)
    {
        var answer = await new FakeEndpoint(OpenAiApi.Responses, body).AskAsync();
        var contents = answer.Messages.Single().Contents;
        string.Concat(contents.OfType<TextContent>().Select(t => t.Text)).ShouldBe(text);
        string.Join(' ', contents.OfType<FunctionCallContent>().Select(c => $"{c.CallId}:{c.Name}:{JsonSerializer.Serialize(c.Arguments)}")).ShouldBe(calls);
        string.Concat(contents.OfType<ErrorContent>().Select(e => e.Message)).ShouldBe(refusal);
        answer.FinishReason?.Value.ShouldBe(finish);
    }

    [Theory]
    [InlineData("""{"status":"failed","error":{"code":"server_error","message":"sorry"},"output":[]}""", true, "server_error: sorry")]
    [InlineData("""{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"},"output":[]}""", true, "slow")]
    [InlineData("""{"status":"failed","error":{"code":"invalid_prompt","message":"not that"},"output":[]}""", false, "not that")]
    [InlineData("""{"status":"failed","error":null,"output":[]}""", true, "the response is failed")]
    [InlineData("""{"status":"queued","output":[]}""", true, "the response is queued")]
    public async Task Answer_ThatFailed_IsSortedByItsCode(string body, bool passes, string expected)
    {
        var error = await Should.ThrowAsync<Exception>(() => new FakeEndpoint(OpenAiApi.Responses, body).AskAsync());
        error.GetType().ShouldBe(passes ? typeof(ModelUnavailableException) : typeof(ModelRejectedException));
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public async Task Conversation_ReasoningThatCannotStandAlone_IsLeftOut()
    {
        var endpoint = new FakeEndpoint(
            OpenAiApi.Responses,
            // Neither encrypted nor with text of its own: an id that points at nothing, with ids that hang on it.
            """{"output":[{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":null},{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}""",
            // An open model's own text.
            """{"output":[{"id":"rs_2","type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]},{"id":"fc_2","type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}""",
            // Cut off while it thought.
            """{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"id":"rs_3","type":"reasoning","summary":[],"encrypted_content":"gAAA"}]}""",
            Done);
        List<ChatMessage> messages = [new ChatMessage(ChatRole.User, "do it")];
        for (var i = 0; i < 3; i++)
        {
            messages.Add((await endpoint.AskAsync(messages)).Messages.Single());
            messages.Add(i < 2 ? new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c", "out")]) : new ChatMessage(ChatRole.User, "cut"));
        }
        await endpoint.AskAsync(messages);
        endpoint.Bodies[3].GetProperty("input").GetRawText().ShouldBe("""
            [{"role":"user","content":"do it"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"out"},{"type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}],"summary":[]},{"type":"function_call","call_id":"c_2","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c_2","output":"out"},{"role":"user","content":"cut"}]
            """);
    }

    [Fact]
    public async Task Model_ThatDoesNotReason_IsAskedWithoutTheInclude_AndThatIsRemembered()
    {
        var refused = 0;
        FakeEndpoint? endpoint = null;
        endpoint = new FakeEndpoint(_ => endpoint!.Bodies[^1].TryGetProperty("include", out JsonElement _) && ++refused > 0
            ? Json(HttpStatusCode.BadRequest, """{"error":{"message":"Encrypted content is not supported with this model.","type":"invalid_request_error","param":"include","code":null}}""")
            : Json(HttpStatusCode.OK, Done), OpenAiApi.Responses);
        (await endpoint.AskAsync()).Text.ShouldBe("done");
        (await endpoint.AskAsync()).Text.ShouldBe("done");
        (refused, endpoint.Count).ShouldBe((1, 3));
    }

    [Fact]
    public async Task Reasoning_ThatCannotBeOpenedAnyMore_IsLeftOut()
    {
        FakeEndpoint? endpoint = null;
        endpoint = new FakeEndpoint(
            _ => endpoint!.Count == 1 ? Json(HttpStatusCode.OK, Calling)
                : endpoint.Bodies[^1].GetRawText().Contains("gAAA", StringComparison.Ordinal)
                    ? Json(HttpStatusCode.BadRequest, """{"error":{"message":"The encrypted content gAAA could not be verified.","code":"invalid_encrypted_content"}}""")
                    : Json(HttpStatusCode.OK, Done),
            OpenAiApi.Responses);
        (await new RunHarness().RunAsync(endpoint.Client)).ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe("done");
        // Nothing that hung on it keeps its id.
        endpoint.Bodies[^1].GetProperty("input").EnumerateArray().Where(i => i.TryGetProperty("id", out JsonElement _)).ShouldBeEmpty();
    }
}
