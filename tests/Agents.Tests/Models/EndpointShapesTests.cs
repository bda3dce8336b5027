using System.Net;
using System.Text.Json;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>Answers as servers that speak roughly OpenAI's wire give them; most were reported by users of vLLM, Ollama, LiteLLM, OpenRouter and llama.cpp.</summary>
public sealed class EndpointShapesTests
{
    private static readonly ChatOptions WithTools = new()
    {
        ModelId = "m",
        Tools = [.. ((string[])["read_file", "run_checks"]).Select(n => AIFunctionFactory.CreateDeclaration(n, n, JsonElement.Parse("""{"type":"object","properties":{"path":{"type":["string","null"]}},"required":["path"],"additionalProperties":false}""")))],
    };

    // Thoughts in the text, between the marks of many models; what is read as answer and as thought.
    [Theory]
    [InlineData("<think>\nhm\n</think>\n\ndone", "done", "hm")]
    [InlineData("<think> cut while it thou", "", "cut while it thou")]
    [InlineData("hm\n</think>\n\ndone", "done", "hm")]
    [InlineData("<think></think>\n\ndone", "done", "")]
    [InlineData("<think>a</think><think>b</think>done", "done", "a\n\nb")]
    [InlineData("<thinking>hm</thinking>done", "done", "hm")]
    [InlineData("<THINK>hm</THINK>done", "done", "hm")]
    [InlineData("[THINK]hm[/THINK]done", "done", "hm")]
    [InlineData("<seed:think>hm</seed:think>done", "done", "hm")]
    [InlineData("◁think▷hm◁/think▷done", "done", "hm")]
    [InlineData("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>done<|return|>", "done", "hm")]
    [InlineData("<|channel|>final<|message|>done", "done", "")]
    [InlineData("{\"text\":\"about </think> marks\"}", "{\"text\":\"about </think> marks\"}", "")]
    [InlineData("Here <think> stands in the middle </think> of words", "Here <think> stands in the middle </think> of words", "")]
    public async Task Thoughts_InTheText_AreNoPartOfTheAnswer(string content, string text, string thought)
    {
        var chat = await new FakeEndpoint(OpenAiApi.Chat, new { choices = new[] { new { message = new { role = "assistant", content } } } }.Json()).AskAsync();
        var responses = await new FakeEndpoint(OpenAiApi.Responses, new { output = new[] { new { type = "message", content = new[] { new { type = "output_text", text = content } } } } }.Json()).AskAsync();
        foreach (var contents in (IList<AIContent>[])[chat.Messages.Single().Contents, responses.Messages.Single().Contents])
        {
            string.Concat(contents.OfType<TextContent>().Select(t => t.Text)).ShouldBe(text);
            string.Concat(contents.OfType<TextReasoningContent>().Select(t => t.Text)).ShouldBe(thought);
        }
    }

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"reasoning","text":"hm"},{"type":"text","text":"done"}]}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"redacted_thinking","data":"x"},{"type":"text","text":"done"}]}}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"done","thinking":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"}]}}]}""")]
    public async Task Thoughts_InParts_AreNoPartOfTheAnswer(string body) => (await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync()).Text.ShouldBe("done");

    // Calls that the server's parser left in the text.
    [Theory]
    [InlineData("<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>", "read_file:{\"path\":\"a\"}")]
    [InlineData("I look.\n<tool_call>{\"name\":\"read_file\",\"arguments\":{\"path\":\"a\"}}</tool_call>\n<tool_call>{\"name\":\"run_checks\"}</tool_call>", "read_file:{\"path\":\"a\"} run_checks:{}")]
    [InlineData("<tool_call>{\"name\":\"read_file\",\"arguments\":{\"path\":\"a\"}}", "read_file:{\"path\":\"a\"}")]
    [InlineData("<think>hm</think><tool_call>{\"name\":\"read_file\",\"parameters\":{\"path\":\"a\"}}</tool_call>", "read_file:{\"path\":\"a\"}")]
    [InlineData("{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}", "read_file:{\"path\":\"a\"}")]
    [InlineData("```json\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n```", "read_file:{\"path\":\"a\"}")]
    [InlineData("[TOOL_CALLS] [{\"name\":\"read_file\",\"arguments\":{\"path\":\"a\"}}]", "read_file:{\"path\":\"a\"}")]
    [InlineData("<function=read_file>\n<parameter=path>\nsrc/a.cs\n</parameter>\n</function>\n</tool_call>", "read_file:{\"path\":\"src/a.cs\"}")]
    [InlineData("<tool_call>\n<function=read_file>\n<parameter=path>\nline 1\nline 2\n</parameter>\n</function>\n</tool_call>", "read_file:{\"path\":\"line 1\\nline 2\"}")]
    // Not calls: another tool, words after it, an answer that has a name, text about calls.
    [InlineData("<tool_call>{\"name\":\"delete_all\",\"arguments\":{}}</tool_call>", "")]
    [InlineData("<tool_call>{\"name\":\"read_file\",\"arguments\":{}}</tool_call> is how it is written", "")]
    [InlineData("{\"name\":\"read_file\",\"arguments\":{},\"goal\":\"x\"}", "")]
    [InlineData("{\"name\":\"read_file\"}", "")]
    [InlineData("Use read_file with {\"path\":\"a\"}.", "")]
    public async Task Calls_InTheText_AreCalls_WhenTheTextIsNothingElse(string content, string calls)
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, new { choices = new[] { new { message = new { role = "assistant", content } } } }.Json(), """{"choices":[]}""");
        var said = (await endpoint.AskAsync(options: WithTools)).Messages.Single();
        CallsOf(said).ShouldBe(calls);
        await endpoint.AskAsync([new ChatMessage(ChatRole.User, "x"), said], WithTools);
        // Each call goes back once: as a call.
        endpoint.Bodies[1].GetProperty("messages")[1].TryGetProperty("tool_calls", out _).ShouldBe(calls.Length > 0);
        if (calls.Length > 0)
            endpoint.Bodies[1].GetRawText().ShouldNotContain("tool_call>");
    }

    // Arguments in the forms models and proxies give them.
    [Theory]
    [InlineData("{\"path\":\"a\"}")]
    [InlineData("```json\n{\"path\":\"a\"}\n```")]
    [InlineData("\"{\\\"path\\\":\\\"a\\\"}\"")]
    [InlineData("\"\\\"{\\\\\\\"path\\\\\\\":\\\\\\\"a\\\\\\\"}\\\"\"")]
    [InlineData("{}{\"path\":\"a\"}")]
    [InlineData(" {\"path\":\"a\"}<|call|>")]
    [InlineData("{\"path\":\"a\",}")]
    [InlineData("\uFEFF{\"path\":\"a\"}")]
    public async Task Arguments_OfAnyForm_AreRead(string arguments)
    {
        var body = new { choices = new[] { new { message = new { tool_calls = new[] { new { id = "c", function = new { name = "read_file", arguments } } } } } } }.Json();
        CallsOf((await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync(options: WithTools)).Messages.Single()).ShouldBe("read_file:{\"path\":\"a\"}");
    }

    // One answer told in several choices; the first that says something counts, calls wherever they are.
    [Theory]
    [InlineData("""{"choices":[{"message":{"content":""}},{"message":{"content":"done"},"finish_reason":"stop"}]}""", "done", "")]
    [InlineData("""{"choices":[{"index":0,"message":{"content":"I look."},"finish_reason":"tool_calls"},{"index":1,"message":{"tool_calls":[{"id":"c","function":{"name":"read_file","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""", "I look.", "read_file:{}")]
    [InlineData("""{"choices":[{"message":{"content":"one"}},{"message":{"content":"two"}}]}""", "one", "")]
    [InlineData("""{"choices":[null,{"message":{"content":"done"}}]}""", "done", "")]
    // Ollama's own API, and Anthropic's parts, behind OpenAI's path.
    [InlineData("""{"model":"q","message":{"role":"assistant","content":"done"},"done":true,"done_reason":"stop","prompt_eval_count":7,"eval_count":3}""", "done", "")]
    [InlineData("""{"choices":[{"message":{"content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"t","name":"read_file","input":{"path":"a"}}]}}]}""", "I look.", "read_file:{\"path\":\"a\"}")]
    public async Task Choices_AreOneAnswer(string body, string text, string calls)
    {
        var said = (await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync()).Messages.Single();
        string.Concat(said.Contents.OfType<TextContent>().Select(t => t.Text)).ShouldBe(text);
        CallsOf(said).ShouldBe(calls);
    }

    // A stream of events that was not asked for.
    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"do\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ne\"},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n", "done", "", "stop")]
    [InlineData(": OPENROUTER PROCESSING\r\n\r\nevent: message\r\ndata: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"done\"},\"finish_reason\":\"eos\"}]}\r\n\r\n", "done", "", "eos")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"read_file\",\"arguments\":\"{\\\"pa\"}}]}}]}\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"th\\\":\\\"a\\\"}\"}},{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"run_checks\",\"arguments\":\"\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n", "", "read_file:{\"path\":\"a\"} run_checks:{}", "tool_calls")]
    [InlineData("data: {\"choices\":[{\"message\":{\"content\":\"done\"},\"finish_reason\":\"stop\"}]}", "done", "", "stop")]
    public async Task Events_NotAskedFor_ArePutTogether(string body, string text, string calls, string finish)
    {
        var answer = await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync();
        answer.Text.ShouldBe(text);
        CallsOf(answer.Messages.Single()).ShouldBe(calls);
        answer.FinishReason?.Value.ShouldBe(finish);
    }

    [Fact]
    public async Task Events_OfResponses_EndWithTheWholeAnswer() =>
        (await new FakeEndpoint(OpenAiApi.Responses, "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"status\":\"in_progress\",\"output\":[]}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"done\"}]}]}}\n\n").AskAsync())
            .Text.ShouldBe("done");

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"Insufficient credits\",\"code\":402}}\n\n", ModelRejection.Credit)]
    [InlineData("data: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 210094 tokens > 200000 maximum\"}}\n\n", ModelRejection.ContextLength)]
    public async Task Events_OfAnError_AreTheError(string body, ModelRejection cause) =>
        (await Should.ThrowAsync<ModelRejectedException>(() => new FakeEndpoint(OpenAiApi.Chat, body).AskAsync())).Cause.ShouldBe(cause);

    // What is not counted is estimated and marked; what is counted stays as it is.
    [Theory]
    [InlineData("""{"choices":[{"message":{"content":"done"}}]}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":null}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":{"prompt_tokens":0,"completion_tokens":0}}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":{"total_tokens":9}}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":{"prompt_tokens":9}}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":{"prompt_tokens":-5,"completion_tokens":1e300}}""", true)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""", false)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":1}}}""", false)]
    [InlineData("""{"choices":[{"message":{"content":"done"}}],"timings":{"prompt_n":4,"cache_n":5,"predicted_n":1}}""", false)]
    [InlineData("""{"choices":[{"message":{"content":null}}],"usage":{"prompt_tokens":9,"completion_tokens":0}}""", false)]
    public async Task Usage_NotCounted_IsEstimatedAndSaid(string body, bool estimated)
    {
        var usage = Usage.Of((await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync()).Usage);
        usage.EstimatedRequests.ShouldBe(estimated ? 1 : 0);
        usage.InputTokens.ShouldBeInRange(9, 200);
        usage.OutputTokens.ShouldBeInRange(0, 5);
        usage.CachedTokens.ShouldBeLessThanOrEqualTo(usage.InputTokens);
    }

    // A run of one letter takes such a tokenizer quadratic time, were it given whole; half a pair is no text.
    [Theory]
    [InlineData("public sealed class A { }", 1, 5, 9)]
    [InlineData("a", 200_000, 10_000, 100_000)]
    [InlineData("\\ud83d", 1_500, 1, 10_000)]
    [InlineData("🎉", 1_500, 1_000, 10_000)]
    public async Task Estimate_OfAnyText_IsNear(string text, int times, int least, int most)
    {
        var body = $$$"""{"choices":[{"message":{"content":"{{{string.Concat(Enumerable.Repeat(text, times))}}}"}}]}""";
        Usage.Of((await new FakeEndpoint(OpenAiApi.Chat, body).AskAsync()).Usage).OutputTokens.ShouldBeInRange(least, most);
    }

    // Worked for, and lost: what it cost is told with the failure.
    [Theory]
    [InlineData("""{"choices":[{"finish_reason":"error","message":{"role":"assistant","content":"half an ans"}}],"usage":{"prompt_tokens":50,"completion_tokens":3}}""", 50)]
    [InlineData("""{"choices":[{"finish_reason":"error","message":{"role":"assistant","content":"half an ans"}}]}""", 1)]
    [InlineData("""{"choices":[{"message":{"content":"half an ans""", 1)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"choices\":[{\"del", 1)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"error\":{\"message\":\"lost upstream\",\"code\":502}}\n\n", 1)]
    [InlineData("""{"error":{"message":"upstream is away","code":502},"usage":{"prompt_tokens":50,"completion_tokens":3}}""", 50)]
    public async Task Answer_Lost_SaysWhatItCost(string body, int least)
    {
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(OpenAiApi.Chat, body).AskAsync());
        error.Spent.ShouldNotBeNull().InputTokenCount.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(least);
    }

    [Theory]
    [InlineData("<html><title>Sign in</title></html>")]
    [InlineData("")]
    [InlineData("""{"error":{"message":"upstream is away","code":502}}""")]
    [InlineData("{}")]
    public async Task NoAnswer_ThatNobodyWorkedFor_CostsNothing(string body) =>
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(OpenAiApi.Chat, body).AskAsync())).Spent.ShouldBeNull();

    [Fact]
    public async Task Answer_EndedOnTheWay_MayHaveBeenPaid()
    {
        var endpoint = new FakeEndpoint(_ => throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."));
        (await Should.ThrowAsync<ModelUnavailableException>(() => endpoint.AskAsync())).Spent.ShouldNotBeNull().InputTokenCount.ShouldNotBeNull().ShouldBeGreaterThan(0);
        var refused = new FakeEndpoint(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        (await Should.ThrowAsync<ModelUnavailableException>(() => refused.AskAsync())).Spent.ShouldBeNull();
    }

    [Theory]
    [InlineData("https://x.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21", "https://x.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21", true)]
    [InlineData("https://x.openai.azure.com/openai/deployments/{model}/?api-version=2024-10-21", "https://x.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21", true)]
    [InlineData("https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com/openai/v1/chat/completions", false)]
    [InlineData("https://gateway.test/v1?tenant=7", "https://gateway.test/v1/chat/completions?tenant=7", false)]
    public async Task Address_WithDeploymentAndVersion_IsAzures(string baseUrl, string url, bool apiKey)
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.OK, """{"choices":[{"message":{"content":"done"}}]}"""), baseUrl: baseUrl);
        (await endpoint.AskAsync()).Text.ShouldBe("done");
        endpoint.Url.ShouldBe(url);
        (endpoint.Headers!.Authorization is null).ShouldBe(apiKey);
        endpoint.Headers.TryGetValues("api-key", out var sent).ShouldBe(apiKey);
        (sent?.Single() ?? Key).ShouldBe(Key);
    }

    private static string CallsOf(ChatMessage message) =>
        string.Join(' ', message.Contents.OfType<FunctionCallContent>().Select(c => $"{c.Name}:{JsonSerializer.Serialize(c.Arguments)}"));
}
