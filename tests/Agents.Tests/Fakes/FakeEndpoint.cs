using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodingAgent.Agents.Models;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>The far end of the wire: answers what a test says, and keeps what was asked. The client before it is the real one.</summary>
internal sealed class FakeEndpoint : HttpMessageHandler
{
    public const string Key = "sk-proj-0123456789abcdef";

    private readonly Func<CancellationToken, Task<HttpResponseMessage>> _answer;

    /// <summary>Answers as the request deserves.</summary>
    public FakeEndpoint(OpenAiApi api, Func<JsonElement, Task<HttpResponseMessage>> answer) : this(null!, api) => _answer = _ => answer(Bodies[^1]);

    public FakeEndpoint(Func<CancellationToken, Task<HttpResponseMessage>> answer, OpenAiApi api = OpenAiApi.Chat, TimeSpan? timeout = null, string baseUrl = "http://model.test:8080/v1")
    {
        _answer = answer;
        Client = new OpenAiChatClient(
            new OpenAiOptions(Key) { BaseUrl = new Uri(baseUrl), Api = api, NetworkTimeout = timeout ?? TimeSpan.FromMinutes(1) }, new ManualTime(), new HttpClient(this));
    }

    /// <summary>Answers each body in turn with 200.</summary>
    public FakeEndpoint(OpenAiApi api, params string[] bodies) : this(null!, api)
    {
        var next = 0;
        _answer = _ => Json(HttpStatusCode.OK, bodies[next++]);
    }

    public OpenAiChatClient Client { get; }

    public int Count => Bodies.Count;

    public string? Url { get; private set; }

    public HttpRequestHeaders? Headers { get; private set; }

    public List<JsonElement> Bodies { get; } = [];

    public static Task<HttpResponseMessage> Json(HttpStatusCode status, string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return Task.FromResult(response);
    }

    public Task<ChatResponse> AskAsync(IEnumerable<ChatMessage>? messages = null, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.GetResponseAsync(messages ?? [new ChatMessage(ChatRole.System, "be good"), new ChatMessage(ChatRole.User, "do it")], options ?? new ChatOptions { ModelId = "m" }, cancellationToken);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Url = request.RequestUri!.ToString();
        Headers = request.Headers;
        Bodies.Add(JsonElement.Parse(await request.Content!.ReadAsStringAsync(cancellationToken)));
        return await _answer(cancellationToken);
    }
}

/// <summary>Bodies written in C#.</summary>
internal static class BodyText
{
    public static string Json(this object body) => JsonSerializer.Serialize(body);
}
