using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;

namespace CodingAgent.Agents.Tests.Models;

public sealed class OpenAiChatModelTests
{
    private const string Key = "sk-proj-0123456789abcdef";

    private const string Answer = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m-2026","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,
        "tool_calls":[{"id":"call_1","type":"function","function":{"name":"read_file","arguments":"{\"path\":"}}]},"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":7}}}
        """;

    private static readonly ModelRequest Request = new("m", [
        new ModelItem.SystemText("be good"), new ModelItem.UserText("do it"),
        new ModelItem.AssistantMessage("thinking", [new ToolCall("c1", "read_file", "{bad")]), new ModelItem.ToolOutput("c1", "text"),
        new ModelItem.AssistantMessage(null, []), new ModelItem.UserText("go on"),
    ], [new ToolDefinition("read_file", "Reads.", JsonElement.Parse("""{"type":"object","properties":{},"required":[],"additionalProperties":false}"""))])
    {
        OutputSchema = CohortOutputs.Critique.Schema,
        OutputName = "critique",
        MaxOutputTokens = 500,
        RequestId = "task/github:a/b#1 run/1",
    };

    [Fact]
    public async Task Complete_Request_IsWrittenAsTheApiWantsIt()
    {
        var wire = new Wire(_ => Json(HttpStatusCode.OK, Answer));
        await wire.Model.CompleteAsync(Request, CancellationToken.None);

        wire.Url.ShouldBe("http://model.test/v1/chat/completions");
        wire.Headers!.Authorization.ShouldBe(new AuthenticationHeaderValue("Bearer", Key));
        wire.Headers.GetValues("X-Client-Request-Id").ShouldBe(["task/github:a/b#1_run/1"]);
        var body = JsonElement.Parse(wire.Body!);
        body.GetProperty("model").GetString().ShouldBe("m");
        body.GetProperty("max_completion_tokens").GetInt32().ShouldBe(500);
        body.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()).ShouldBe(["system", "user", "assistant", "tool", "assistant", "user"]);
        body.GetProperty("messages")[2].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString().ShouldBe("{bad");
        body.GetProperty("tools")[0].GetProperty("function").GetProperty("strict").GetBoolean().ShouldBeTrue();
        var schema = body.GetProperty("response_format").GetProperty("json_schema");
        schema.GetProperty("name").GetString().ShouldBe("critique");
        schema.GetProperty("strict").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Complete_Answer_IsReadWithItsUsage()
    {
        var answer = await new Wire(_ => Json(HttpStatusCode.OK, Answer)).Model.CompleteAsync(Request, CancellationToken.None);
        answer.Usage.ShouldBe(new Usage(1, 100, 20, 64, 7));
        answer.FinishReason.ShouldBe("tool_calls");
        answer.Model.ShouldBe("m-2026");
        answer.Message.ToolCalls.ShouldBe([new ToolCall("call_1", "read_file", "{\"path\":")]);
    }

    [Fact]
    public async Task Complete_Refusal_IsReported()
    {
        var refusal = Answer.Replace("\"refusal\":null,", "\"refusal\":\"no\"}").Replace("\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"read_file\",\"arguments\":\"{\\\"path\\\":\"}}]},\"finish_reason\":\"tool_calls\"", ",\"finish_reason\":\"stop\"");
        (await new Wire(_ => Json(HttpStatusCode.OK, refusal)).Model.CompleteAsync(Request, CancellationToken.None)).Refusal.ShouldBe("no");
    }

    [Theory]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Complete_Overload_IsWorthTryingAgain_AndAskedOnce(int status)
    {
        var wire = new Wire(_ => Json((HttpStatusCode)status, """{"error":{"message":"slow down","type":"x","code":"busy"}}""", ("retry-after-ms", "1500"), ("retry-after", "9")));
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None));
        error.RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(1500));
        error.Message.ShouldBe($"The model endpoint http://model.test/v1 answered {status} busy: slow down");
        wire.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("20", 20)]
    [InlineData("Sun, 22 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Sun, 22 Nov 2026 11:00:30 GMT", 0)]
    [InlineData("soon", null)]
    public async Task Complete_RetryAfter_IsHonoured(string header, int? seconds)
    {
        var wire = new Wire(_ => Json(HttpStatusCode.TooManyRequests, "busy", ("retry-after", header)));
        (await Should.ThrowAsync<ModelUnavailableException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None)))
            .RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData(400, "context_length_exceeded")]
    [InlineData(401, "Set OPENAI_API_KEY")]
    [InlineData(403, "may not use this model")]
    [InlineData(404, "OPENAI_BASE_URL")]
    [InlineData(422, "context_length_exceeded")]
    public async Task Complete_Refused_IsFinal_AndNeverShowsTheKey(int status, string expected)
    {
        var wire = new Wire(_ => Json((HttpStatusCode)status, $$$"""{"error":{"message":"bad {{{Key}}} and sk-proj-****cdef","type":"x","code":"context_length_exceeded"}}"""));
        var error = await Should.ThrowAsync<ModelRejectedException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None));
        error.Status.ShouldBe(status);
        error.Message.ShouldContain(expected);
        error.Message.ShouldNotContain("0123");
        error.Message.ShouldNotContain("cdef");
        error.Message.ShouldNotContain('\n');
    }

    public static TheoryData<Exception> NoConnection => [new HttpRequestException("Connection refused"), new SocketException()];

    [Theory]
    [MemberData(nameof(NoConnection))]
    public async Task Complete_NoConnection_IsWorthTryingAgain(Exception failure)
    {
        var wire = new Wire(_ => throw failure);
        (await Should.ThrowAsync<ModelUnavailableException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None))).Message.ShouldContain("cannot be reached");
        wire.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Complete_NoAnswerInTime_IsWorthTryingAgain()
    {
        var wire = new Wire(async ct =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        }, TimeSpan.FromMilliseconds(50));
        (await Should.ThrowAsync<ModelUnavailableException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None))).Message.ShouldContain("no answer within");
    }

    [Fact]
    public async Task Complete_Cancelled_IsCancellation()
    {
        using var cancel = new CancellationTokenSource();
        var wire = new Wire(async ct =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        });
        await Should.ThrowAsync<OperationCanceledException>(() => wire.Model.CompleteAsync(Request, cancel.Token));
    }

    [Theory]
    [InlineData("<html>captive portal</html>")]
    [InlineData("{}")]
    [InlineData("""{"id":"x","choices":[]}""")]
    public async Task Complete_NotACompletion_IsWorthTryingAgain(string body)
    {
        var wire = new Wire(_ => Json(HttpStatusCode.OK, body));
        (await Should.ThrowAsync<ModelUnavailableException>(() => wire.Model.CompleteAsync(Request, CancellationToken.None))).Message.ShouldContain("not a chat completion");
    }

    [Fact]
    public void Create_NoKey_SaysWhatToSet() =>
        Should.Throw<ArgumentException>(() => new OpenAiChatModel(new OpenAiOptions(" "), TimeProvider.System)).Message.ShouldContain("OPENAI_API_KEY");

    [Theory]
    [InlineData("m-1", 0.00018)]
    [InlineData("m-1-2026-01-31", 0.00018)]
    [InlineData("m-1-mini", 0.000018)]
    [InlineData("m-10", 0)]
    public void Prices_LongestNameCounts(string model, double dollars) =>
        new ModelPrices(new Dictionary<string, ModelPrice> { ["m-1"] = new(1m, 0.5m, 10m), ["m-1-mini"] = new(0.1m, 0.05m, 1m) })
            .CostOf(model, new Usage(1, 100, 10, 40, 5)).ShouldBe((decimal)dollars);

    private static Task<HttpResponseMessage> Json(HttpStatusCode status, string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return Task.FromResult(response);
    }

    private sealed class Wire : HttpMessageHandler
    {
        private readonly Func<CancellationToken, Task<HttpResponseMessage>> _answer;

        public Wire(Func<CancellationToken, Task<HttpResponseMessage>> answer, TimeSpan? timeout = null)
        {
            _answer = answer;
            Model = new OpenAiChatModel(
                new OpenAiOptions(Key) { BaseUrl = new Uri("http://model.test/v1"), NetworkTimeout = timeout ?? TimeSpan.FromMinutes(1) }, new ManualTime(), new HttpClient(this));
        }

        public OpenAiChatModel Model { get; }

        public int Count { get; private set; }

        public string? Url { get; private set; }

        public string? Body { get; private set; }

        public HttpRequestHeaders? Headers { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            Url = request.RequestUri!.ToString();
            Headers = request.Headers;
            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return await _answer(cancellationToken);
        }
    }
}
