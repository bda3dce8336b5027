using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.ScriptedModel.Tests;

public sealed class ScriptedModelServerTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private ScriptedModelServer _server = null!;
    private Func<ScriptedRequest, CancellationToken, Task>? _gate;
    private Func<ScriptedRequest, ScriptedFault?>? _fault;

    public async Task InitializeAsync()
    {
        _server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions
        {
            ApiKey = "right",
            Gate = (r, ct) => _gate?.Invoke(r, ct) ?? Task.CompletedTask,
            Fault = r => _fault?.Invoke(r),
        }, CancellationToken.None);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "right");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Ask_FirstTurn_CallsATool()
    {
        var (status, answer) = await PostAsync(Planner());
        status.ShouldBe(HttpStatusCode.OK);
        answer["object"]!.GetValue<string>().ShouldBe("chat.completion");
        var choice = answer["choices"]![0]!;
        choice["finish_reason"]!.GetValue<string>().ShouldBe("tool_calls");
        choice["message"]!["tool_calls"]![0]!["function"]!["name"]!.GetValue<string>().ShouldBe("list_files");
        answer["usage"]!["total_tokens"]!.GetValue<int>().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Ask_Twice_GivesTheSameAnswer()
    {
        var first = (await PostAsync(Planner())).Body;
        var second = (await PostAsync(Planner())).Body;
        second["choices"]!.ToJsonString().ShouldBe(first["choices"]!.ToJsonString());
        _server.AnswersByTurn.Values.ShouldBe([2]);
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task Ask_WrongKey_Is401(string key)
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var (status, body) = await PostAsync(Planner());
        status.ShouldBe(HttpStatusCode.Unauthorized);
        body["error"]!["code"]!.GetValue<string>().ShouldBe("invalid_api_key");
    }

    public static TheoryData<string, string> BadRequests => new()
    {
        { "{", "could not parse" },
        { "[]", "must be a JSON object" },
        { With(r => r.Remove("model")), "model parameter" },
        { With(r => r["messages"] = new JsonArray()), "non-empty array" },
        { With(r => r["stream"] = true), "'stream' is not supported" },
        { With(r => r.Remove("response_format")), "response_format" },
        { With(r => r["response_format"]!["json_schema"]!["name"] = "poem"), "not 'poem'" },
        { With(r => r["response_format"]!["json_schema"]!["strict"] = false), "must be strict" },
        { With(r => r["response_format"]!["json_schema"]!["schema"]!["additionalProperties"] = true), "additionalProperties" },
        { With(r => r.Remove("tools")), "calls list_files(path, glob), which the request does not offer" },
        { With(r => r["tools"]![1]!["function"]!["parameters"] = Schema("file")), "calls read_file with 'path'" },
        { With(r => ((JsonArray)r["tools"]![1]!["function"]!["parameters"]!["required"]!).Clear()), "Missing 'path'" },
        { With(r => r["messages"]![0]!["role"] = "user"), "first message must be the instructions" },
        { With(r => r["messages"]![1]!["role"] = "system"), "second message must be the task" },
        { With(r => r["messages"]![1]!["role"] = "robot"), "Invalid value: 'robot'" },
        { With(r => Add(r, new { role = "assistant", content = "hello" })), "last message must be of role" },
        { With(r => Add(r, new { role = "tool", tool_call_id = "c9", content = "x" })), "must be a response to a preceding message" },
        { With(r => Add(r, Calling("c1"), new { role = "user", content = "go on" })), "did not have response messages: c1" },
        { With(r => Add(r, Calling("c1", "c2"), new { role = "tool", tool_call_id = "c1", content = "x" })), "did not have response messages: c2" },
        { With(r => Add(r, new { role = "user", content = (string?)null })), "expected a string, got null" },
        { With(r => r["messages"]![1]!["content"] = "Write a poem."), "No script fits this task" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Ask_BadRequest_Is400InOpenAisShape(string body, string expected)
    {
        var (status, answer) = await PostAsync(body);
        answer["error"]!["message"]!.GetValue<string>().ShouldContain(expected);
        answer["error"]!["type"]!.GetValue<string>().ShouldBe("invalid_request_error");
        status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"model":"e","input":["a","b"]}""", HttpStatusCode.OK)]
    [InlineData("""{"model":"e","input":"a","dimensions":8}""", HttpStatusCode.OK)]
    [InlineData("""{"model":"e","input":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"model":"e","input":["a",""]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"model":"e","input":[1]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"model":"e","input":"a","dimensions":0}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"input":"a"}""", HttpStatusCode.BadRequest)]
    public async Task Embeddings_AreReadAsTheRealEndpointReadsThem(string body, HttpStatusCode status) =>
        (await _http.PostAsync(new Uri(_server.BaseUrl + "/embeddings"), new StringContent(body))).StatusCode.ShouldBe(status);

    [Fact]
    public async Task Ask_UnknownPath_Is404() =>
        (await _http.PostAsync(new Uri(_server.BaseUrl + "/audio"), new StringContent("{}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Ask_CallerGoesAwayWhileHeld_IsAbandonedAndCanBeAskedAgain()
    {
        var held = new TaskCompletionSource<ScriptedRequest>();
        _gate = async (request, ct) =>
        {
            held.TrySetResult(request);
            await Task.Delay(Timeout.Infinite, ct);
        };
        using var gone = new CancellationTokenSource();
        var asking = PostAsync(Planner(), cancellationToken: gone.Token);
        (await held.Task.WaitAsync(TimeSpan.FromSeconds(30))).ShouldSatisfyAllConditions(
            r => r.Role.ShouldBe("plan"), r => r.Turn.ShouldBe(1), r => r.Edits.ShouldBe(0), r => r.ClientRequestId.ShouldBe("run/1"));
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => asking);

        _gate = null;
        (await PostAsync(Planner())).Status.ShouldBe(HttpStatusCode.OK);
        for (var until = DateTime.UtcNow.AddSeconds(30); _server.Requests.Count < 2 && DateTime.UtcNow < until;)
            await Task.Yield();
        _server.Requests.Select(r => r.Outcome).Order().ShouldBe([RequestOutcome.Answered, RequestOutcome.Abandoned]);
        _server.AnswersByTurn.Values.ShouldBe([1]);
    }

    [Fact]
    public async Task Ask_Fault_IsShownInstead()
    {
        _fault = _ => new ScriptedFault(429, TimeSpan.FromMilliseconds(250));
        using var response = await _http.PostAsync(new Uri(_server.BaseUrl + "/chat/completions"), new StringContent(Planner()));
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.GetValues("retry-after-ms").ShouldBe(["250"]);
        _server.Requests.ShouldHaveSingleItem().Outcome.ShouldBe(RequestOutcome.Faulted);
    }

    [Fact]
    public async Task Ask_Silence_EndsWhenTheCallerGivesUp()
    {
        _fault = _ => ScriptedFault.Silence;
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(() => PostAsync(Planner(), cancellationToken: patience.Token));
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> PostAsync(string body, string path = "/chat/completions", CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _server.BaseUrl + path);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add("X-Client-Request-Id", "run/1");
        using var response = await _http.SendAsync(request, cancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!);
    }

    [Fact]
    public async Task Responses_Conversation_GoesOnWithItsOwnItems()
    {
        var request = ResponsesPlanner();
        var (status, first) = await PostAsync(request.ToJsonString(), path: "/responses");
        status.ShouldBe(HttpStatusCode.OK, first.ToJsonString());
        var output = first["output"]!.AsArray();
        output.Select(i => i!["type"]!.GetValue<string>()).ShouldBe(["reasoning", "function_call"]);
        output[0]!["encrypted_content"]!.GetValue<string>().ShouldNotBeEmpty();
        foreach (var item in output)
            request["input"]!.AsArray().Add(item!.DeepClone());
        request["input"]!.AsArray().Add(new JsonObject { ["type"] = "function_call_output", ["call_id"] = output[1]!["call_id"]!.GetValue<string>(), ["output"] = "src/add.sh" });

        var (again, second) = await PostAsync(request.ToJsonString(), path: "/responses");
        again.ShouldBe(HttpStatusCode.OK, second.ToJsonString());
        second["output"]![1]!["name"]!.GetValue<string>().ShouldBe("transfer_to_retriever");
        _server.AnswersByTurn.Keys.Select(k => k.Turn).Order().ShouldBe([1, 2]);
        // The same conversation as in the other API.
        await PostAsync(Planner());
        _server.AnswersByTurn.Keys.Select(k => k.Conversation).Distinct().Count().ShouldBe(1);
    }

    public static TheoryData<string, string> BadResponsesRequests => new()
    {
        { Responses(r => r.Remove("store")), "'store' must be false" },
        { Responses(r => r["previous_response_id"] = "resp_1"), "not found" },
        { Responses(r => r.Remove("include")), "reasoning.encrypted_content" },
        { Responses(r => r.Remove("instructions")), "first message must be the instructions" },
        { Responses(r => r["input"] = new JsonArray()), "non-empty array" },
        { Responses(r => r.Remove("text")), "format of type 'json_schema'" },
        { Responses(r => r["tools"]![0]!["parameters"]!["additionalProperties"] = true), "additionalProperties" },
        { Items(new { type = "reasoning", id = "rs_1", summary = Array.Empty<object>() }, Output()), "not persisted" },
        { Items(new { type = "reasoning", id = "rs_1", summary = Array.Empty<object>(), encrypted_content = "made up" }, Output()), "could not be verified" },
        { Items(new { type = "function_call", id = "fc_10", call_id = "c", name = "f", arguments = "{}" }, Output()), "without its required 'reasoning' item" },
        { Items(new { type = "function_call", call_id = "c", name = "f" }, Output()), "arguments" },
        { Items(new { type = "function_call", call_id = "c", name = "f", arguments = "{}" }), "must be of role" },
        { Items(Output()), "must be a response to a preceding message" },
        { Items(new { type = "poem" }), "Invalid value: 'poem'" },
        { Items(new { role = "assistant", content = new[] { new { type = "input_text", text = "x" } } }, new { role = "user", content = "y" }), "Supported values here: 'output_text'" },
    };

    [Theory]
    [MemberData(nameof(BadResponsesRequests))]
    public async Task Responses_BadRequest_IsRefusedInOpenAisShape(string body, string expected)
    {
        var (status, answer) = await PostAsync(body, path: "/responses");
        answer["error"]!["message"]!.GetValue<string>().ShouldContain(expected);
        ((int)status).ShouldBeInRange(400, 404);
    }

    private static object Output() => new { type = "function_call_output", call_id = "c", output = "x" };

    private static string Items(params object[] items) => Responses(r =>
    {
        foreach (var item in items)
            r["input"]!.AsArray().Add(JsonSerializer.SerializeToNode(item));
    });

    private static string Responses(Action<JsonObject> change)
    {
        var request = ResponsesPlanner();
        change(request);
        return request.ToJsonString();
    }

    private static JsonObject ResponsesPlanner() => new()
    {
        ["model"] = "scripted",
        ["instructions"] = "You plan.",
        ["input"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"# Task\n{ShellSample.IssueTitle}" }),
        ["store"] = false,
        ["include"] = new JsonArray("reasoning.encrypted_content"),
        ["tools"] = new JsonArray([.. new[] { ("list_files", Schema("path", "glob")), ("read_file", Schema("path", "line_count")), ("transfer_to_retriever", Schema("question")) }.Select(t =>
            (JsonNode)new JsonObject { ["type"] = "function", ["name"] = t.Item1, ["strict"] = true, ["parameters"] = t.Item2 })]),
        ["text"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["name"] = "plan", ["strict"] = true, ["schema"] = Schema("goal") } },
    };

    private static string Planner() => With(_ => { });

    private static string With(Action<JsonObject> change)
    {
        var request = new JsonObject
        {
            ["model"] = "scripted",
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "system", ["content"] = "You plan." },
                new JsonObject { ["role"] = "user", ["content"] = $"# Task\n{ShellSample.IssueTitle}" }),
            ["tools"] = new JsonArray(Tool("list_files", "path", "glob"), Tool("read_file", "path", "line_count"), Tool("transfer_to_retriever", "question")),
            ["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = "plan", ["strict"] = true, ["schema"] = Schema("goal") },
            },
        };
        change(request);
        return request.ToJsonString();
    }

    private static JsonObject Tool(string name, params string[] parameters) => new()
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = name, ["strict"] = true, ["parameters"] = Schema(parameters) },
    };

    private static JsonObject Schema(params string[] properties) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(properties.Select(p => KeyValuePair.Create<string, JsonNode?>(p, new JsonObject { ["type"] = "string" }))),
        ["required"] = new JsonArray([.. properties.Select(p => (JsonNode)p)]),
        ["additionalProperties"] = false,
    };

    private static object Calling(params string[] ids) => new
    {
        role = "assistant",
        content = (string?)null,
        tool_calls = ids.Select(id => new { id, type = "function", function = new { name = "list_files", arguments = "{}" } }),
    };

    private static void Add(JsonObject request, params object[] messages)
    {
        foreach (var message in messages)
            ((JsonArray)request["messages"]!).Add(JsonSerializer.SerializeToNode(message));
    }
}
