using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;
using static CodingAgent.Agents.Tests.Fakes.FakeEndpoint;

namespace CodingAgent.Agents.Tests.Models;

/// <summary>How failures of an endpoint are told, in both APIs.</summary>
public sealed class OpenAiChatClientTests
{
    [Theory]
    [InlineData(OpenAiApi.Chat, "http://model.test:8080/v1/chat/completions")]
    [InlineData(OpenAiApi.Responses, "http://model.test:8080/v1/responses")]
    public async Task Ask_Request_GoesWhereTheApiIs_WithKeyAndId(OpenAiApi api, string url)
    {
        var endpoint = new FakeEndpoint(api, """{"choices":[],"output":[]}""");
        await endpoint.AskAsync(options: new TurnOptions { ModelId = "m", RequestId = "task/github:a/b#1 run/1" }.Clone());
        endpoint.Url.ShouldBe(url);
        endpoint.Headers!.Authorization.ShouldBe(new AuthenticationHeaderValue("Bearer", Key));
        endpoint.Headers.GetValues("X-Client-Request-Id").ShouldBe(["task/github:a/b#1_run/1"]);
    }

    /// <summary>With the client's own way out.</summary>
    [Theory]
    [InlineData(OpenAiApi.Chat, "chat/completions")]
    [InlineData(OpenAiApi.Responses, "responses")]
    public async Task Ask_Redirected_SendsNothingElsewhere(OpenAiApi api, string path)
    {
        await using var server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "right" }, CancellationToken.None);
        await using var elsewhere = await RedirectingServer.StartAsync($"{server.BaseUrl}/{path}");
        using var client = new OpenAiChatClient(new OpenAiOptions("right") { BaseUrl = elsewhere.Address, Api = api }, TimeProvider.System);
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.User, "hello")], new TurnOptions { ModelId = "m" }));
        error.Message.ShouldContain("a redirect, which is not followed");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Ask_Overload_IsWorthTryingAgain_AndAskedOnce(int status)
    {
        var endpoint = new FakeEndpoint(_ => Json((HttpStatusCode)status, """{"error":{"message":"slow down","type":"x","code":"busy"}}""", ("retry-after-ms", "1500"), ("retry-after", "9")));
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => endpoint.AskAsync());
        error.RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(1500));
        error.Message.ShouldBe($"The model endpoint answered {status} busy: slow down");
        endpoint.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("20", 20)]
    [InlineData("Sun, 22 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Sun, 22 Nov 2026 11:00:30 GMT", 0)]
    [InlineData("soon", null)]
    public async Task Ask_RetryAfter_IsHonoured(string header, int? seconds)
    {
        var endpoint = new FakeEndpoint(_ => Json(HttpStatusCode.TooManyRequests, "busy", ("retry-after", header)));
        (await Should.ThrowAsync<ModelUnavailableException>(() => endpoint.AskAsync())).RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData(503, "false")]
    [InlineData(429, "false")]
    [InlineData(400, "true")]
    public async Task Ask_ShouldRetryHeader_HasTheLastWord(int status, string again)
    {
        var endpoint = new FakeEndpoint(_ => Json((HttpStatusCode)status, """{"error":{"message":"x"}}""", ("x-should-retry", again)));
        (await Should.ThrowAsync<Exception>(() => endpoint.AskAsync())).GetType().ShouldBe(again == "true" ? typeof(ModelUnavailableException) : typeof(ModelRejectedException));
    }

    [Theory]
    [InlineData(400, "bad_thing", ModelRejection.Request)]
    [InlineData(401, "Set OPENAI_API_KEY", ModelRejection.Settings)]
    [InlineData(403, "may not use this model", ModelRejection.Settings)]
    [InlineData(404, "OPENAI_BASE_URL", ModelRejection.Settings)]
    [InlineData(405, "Models:Api", ModelRejection.Settings)]
    [InlineData(422, "bad_thing", ModelRejection.Request)]
    public async Task Ask_Refused_IsFinal_AndShowsNeitherKeyNorAddress(int status, string expected, ModelRejection cause)
    {
        var endpoint = new FakeEndpoint(_ => Json((HttpStatusCode)status, $$$"""
            {"error":{"message":"bad {{{Key}}} and sk-proj-****cdef at http://model.test:8080/v1\nand model.test","type":"x","code":"bad_thing"}}
            """));
        var error = await Should.ThrowAsync<ModelRejectedException>(() => endpoint.AskAsync());
        (error.Status, error.Cause).ShouldBe((status, cause));
        error.Message.ShouldContain(expected);
        foreach (var hidden in (string[])["0123", "cdef", "model.test", "8080", "\n"])
            error.Message.ShouldNotContain(hidden);
    }

    // The same meaning under many names; words alone ("exceeded your current quota") also stand for limits that pass.
    [Theory]
    [InlineData(402, """{"error":{"message":"Top up, please","code":402}}""", true)]
    [InlineData(429, """{"error":{"message":"Top up, please","type":"insufficient_quota","code":"insufficient_quota"}}""", true)]
    [InlineData(429, """{"error":{"message":"Top up, please","type":"insufficient_quota","code":null}}""", true)]
    [InlineData(403, """{"error":{"message":"Top up, please","type":"upstream_error","code":"402"}}""", true)]
    [InlineData(200, """{"error":{"message":"Top up, please","code":402}}""", true)]
    [InlineData(200, """{"error":{"message":"Top up, please","code":"insufficient_quota"}}""", true)]
    [InlineData(429, """[{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}]""", false)]
    public async Task Ask_NoCredit_IsToldAsThat_HoweverItIsSaid(int status, string body, bool isCredit)
    {
        foreach (var api in Enum.GetValues<OpenAiApi>())
        {
            var error = await Should.ThrowAsync<Exception>(() => new FakeEndpoint(_ => Json((HttpStatusCode)status, body), api).AskAsync());
            if (isCredit)
            {
                error.ShouldBeOfType<ModelRejectedException>().Cause.ShouldBe(ModelRejection.Credit);
                error.Message.ShouldContain("has no credit left");
                error.Message.ShouldContain("Top up, please");
            }
            else
            {
                error.ShouldBeOfType<ModelUnavailableException>().Message.ShouldContain("current quota");
            }
        }
    }

    [Theory]
    [InlineData("""{"error":"the text"}""")]
    [InlineData("""{"detail":"the text"}""")]
    [InlineData("""{"error":"some_code","message":"the text"}""")]
    [InlineData("""{"object":"error","message":"the text","code":400}""")]
    [InlineData("""{"detail":[{"loc":["body","tools"],"msg":"the text","type":"missing"}]}""")]
    [InlineData("""{"errors":[{"code":1000,"message":"the text"}]}""")]
    [InlineData("""[{"error":{"message":"the text"}}]""")]
    [InlineData("""{"error":{"message":{"reason":"the text"}}}""")]
    [InlineData("""{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"the text\"}}","provider_name":"P"}}}""")]
    [InlineData("""{"detail":{"error":"the text"}}""")]
    [InlineData("""{"error":["the text"]}""")]
    [InlineData("""{"error":[{"message":"the text"}]}""")]
    [InlineData("""{"error":{"error":{"message":"the text"}}}""")]
    [InlineData("""{"error":"{\"error\":{\"message\":\"the text\",\"code\":400}}"}""")]
    [InlineData("""{"error":{"code":400,"message":"{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"the text\"}}"}}""")]
    [InlineData("""{"error_code":17,"error_msg":"the text"}""")]
    [InlineData("""{"code":50501,"msg":"the text","data":null}""")]
    [InlineData("""{"Message":"the text"}""")]
    [InlineData("""{"type":"about:blank","title":"Bad Request","status":400,"detail":"the text"}""")]
    [InlineData("""{"timestamp":"x","status":400,"error":"the text","path":"/v1"}""")]
    [InlineData("the text")]
    [InlineData("<html><head><title>the text</title></head>")]
    public async Task Ask_ErrorBody_OfAnyShape_ItsWordsAreTold(string body)
    {
        (await Should.ThrowAsync<ModelRejectedException>(() => new FakeEndpoint(_ => Json(HttpStatusCode.BadRequest, body)).AskAsync())).Message.ShouldContain("the text");
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json(HttpStatusCode.BadGateway, "\uFEFF\n " + body)).AskAsync())).Message.ShouldContain("the text");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"error":null}""")]
    [InlineData("""{"error":7}""")]
    [InlineData("<html><script>alert(1)</script>")]
    public async Task Ask_ErrorBody_WithoutWords_SaysSo(string body) =>
        (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(_ => Json(HttpStatusCode.BadGateway, body)).AskAsync()))
            .Message.ShouldBe("The model endpoint answered 502: no reason given");

    [Theory]
    [InlineData("""{"error":{"message":"upstream is away","code":502}}""", true, "answered 200 with error 502: upstream is away")]
    [InlineData("""{"error":{"message":"Rate limit exceeded","code":429,"metadata":{"headers":{}}},"user_id":"u"}""", true, "error 429: Rate limit exceeded")]
    [InlineData("""{"error":{"message":"busy","type":"overloaded_error"}}""", true, "overloaded_error: busy")]
    [InlineData("""{"error":"the words"}""", false, "with an error: the words")]
    [InlineData("""{"error":{"message":"the words","code":503},"choices":[{"message":{"role":"assistant","content":""}}],"output":[],"status":"failed"}""", true, "503: the words")]
    [InlineData("""{"detail":"the words"}""", false, "with an error: the words")]
    [InlineData("""{"error":{"message":"no such model","code":404}}""", false, "Check the model's name")]
    public async Task Ask_ErrorInsideA200_IsSortedByItsCode(string body, bool passes, string expected)
    {
        foreach (var api in Enum.GetValues<OpenAiApi>())
        {
            var error = await Should.ThrowAsync<Exception>(() => new FakeEndpoint(api, body).AskAsync());
            error.GetType().ShouldBe(passes ? typeof(ModelUnavailableException) : typeof(ModelRejectedException));
            error.Message.ShouldContain(expected);
        }
    }

    [Theory]
    [InlineData("<html><title>Sign in</title></html>", "a page titled 'Sign in'")]
    [InlineData("", "nothing")]
    [InlineData("{\"id\":\"x\",\"choices\":[{\"mess", "cut short")]
    [InlineData("data: {\"id\":\"x\"}\n\n", "stream of events")]
    [InlineData("{}", "JSON that is no")]
    [InlineData("[]", "JSON that is no")]
    [InlineData("null", "JSON that is no")]
    [InlineData("\"hi\"", "JSON that is no")]
    public async Task Ask_NotAnAnswer_IsToldAndWorthTryingAgain(string body, string expected)
    {
        foreach (var api in Enum.GetValues<OpenAiApi>())
            (await Should.ThrowAsync<ModelUnavailableException>(() => new FakeEndpoint(api, body).AskAsync())).Message.ShouldContain(expected);
    }

    public static TheoryData<Exception, string> NoConnection => new()
    {
        { new HttpRequestException("Connection refused (model.test:8080)", new SocketException((int)SocketError.ConnectionRefused)), "the connection failed (ConnectionRefused; OPENAI_BASE_URL)" },
        { new HttpRequestException(HttpRequestError.NameResolutionError, "model.test:8080"), "OPENAI_BASE_URL" },
        { new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."), "ended before the whole answer" },
        { new SocketException((int)SocketError.HostUnreachable), "HostUnreachable" },
        { new IOException("reset by model.test:8080"), "cannot be reached" },
    };

    [Theory]
    [MemberData(nameof(NoConnection))]
    public async Task Ask_NoConnection_IsWorthTryingAgain_AndShowsNoAddress(Exception failure, string expected)
    {
        var endpoint = new FakeEndpoint(_ => throw failure);
        var error = await Should.ThrowAsync<ModelUnavailableException>(() => endpoint.AskAsync());
        error.Message.ShouldStartWith("The model endpoint cannot be reached: ");
        error.Message.ShouldContain(expected);
        error.Message.ShouldNotContain("model.test");
        endpoint.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Ask_NoAnswerInTime_IsWorthTryingAgain()
    {
        var endpoint = new FakeEndpoint(async ct =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        }, timeout: TimeSpan.FromMilliseconds(50));
        (await Should.ThrowAsync<ModelUnavailableException>(() => endpoint.AskAsync())).Message.ShouldContain("no answer within");
    }

    [Fact]
    public async Task Ask_Cancelled_IsCancellation()
    {
        using var cancel = new CancellationTokenSource();
        var endpoint = new FakeEndpoint(async ct =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        });
        await Should.ThrowAsync<OperationCanceledException>(() => endpoint.AskAsync(cancellationToken: cancel.Token));
    }

    [Fact]
    public void Create_NoKey_SaysWhatToSet() =>
        Should.Throw<ArgumentException>(() => new OpenAiChatClient(new OpenAiOptions(" "), TimeProvider.System)).Message.ShouldContain("OPENAI_API_KEY");

    [Fact]
    public async Task Ask_NoModel_IsRefused() =>
        await Should.ThrowAsync<ArgumentException>(() => new FakeEndpoint(OpenAiApi.Chat).AskAsync(options: new ChatOptions()));

    [Fact]
    public async Task Stream_GivesTheWholeAnswer()
    {
        var endpoint = new FakeEndpoint(OpenAiApi.Chat, """{"choices":[{"message":{"content":"whole"}}]}""");
        (await endpoint.Client.GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "x")], new ChatOptions { ModelId = "m" }).ToChatResponseAsync()).Text.ShouldBe("whole");
    }

    [Theory]
    [InlineData("m-1", 0.00018)]
    [InlineData("m-1-2026-01-31", 0.00018)]
    [InlineData("m-1-mini", 0.000018)]
    [InlineData("m-10", 0)]
    public void Prices_LongestNameCounts(string model, double dollars) =>
        new ModelPrices(new Dictionary<string, ModelPrice> { ["m-1"] = new(1m, 0.5m, 10m), ["m-1-mini"] = new(0.1m, 0.05m, 1m) })
            .CostOf(model, new Usage(1, 100, 10, 40, 5)).ShouldBe((decimal)dollars);
}
