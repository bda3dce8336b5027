using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Bench;

/// <summary>
/// A model endpoint (OpenAI's Responses API, streamed where that is asked for) that thinks for no time: a bench answers each request itself,
/// and so decides whose turn it is. Callers are told apart by their keys.
/// </summary>
internal sealed class BenchModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Channel<ModelRequest>> _callers = new(StringComparer.Ordinal);

    private BenchModel(WebApplication app) => _app = app;

    /// <summary>API root; ends in <c>/v1</c>.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    public static async Task<BenchModel> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var model = new BenchModel(app);
        app.Run(model.HandleAsync);
        await app.StartAsync();
        model.BaseUrl = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single() + "/v1");
        return model;
    }

    /// <summary>The next request of the caller with a key.</summary>
    /// <param name="key">Key.</param>
    /// <param name="caller">What ends when the caller does.</param>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task<ModelRequest> NextAsync(string key, Task caller)
    {
        var request = Of(key).Reader.ReadAsync().AsTask();
        if (await Task.WhenAny(request, caller) == caller)
        {
            await caller;
            throw new InvalidOperationException($"'{key}' ended before it asked the model again.");
        }

        return await request;
    }

    public async ValueTask DisposeAsync()
    {
        // Who still waits for an answer must not hold the end.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Channel<ModelRequest> Of(string key) => _callers.GetOrAdd(key, _ => Channel.CreateUnbounded<ModelRequest>());

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path != "/v1/responses")
        {
            // Codex looks for a list of models and goes on without one.
            context.Response.StatusCode = 404;
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = new ModelRequest(Stopwatch.GetTimestamp(), JsonElement.Parse(body.ToArray()));
        Of(context.Request.Headers.Authorization.ToString()["Bearer ".Length..]).Writer.TryWrite(request);
        var answer = await request.AnsweredAsync.WaitAsync(context.RequestAborted);
        context.Response.ContentType = request.WantsStream ? "text/event-stream" : "application/json";
        request.Left = Stopwatch.GetTimestamp();
        await context.Response.WriteAsync(answer, context.RequestAborted);
    }
}

/// <summary>A request that waits for its answer.</summary>
/// <param name="arrived">When all of it was there, as <see cref="Stopwatch"/> counts.</param>
/// <param name="body">Its body.</param>
internal sealed class ModelRequest(long arrived, JsonElement body)
{
    private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Arrived { get; } = arrived;

    public bool WantsStream { get; } = body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;

    /// <summary>What the last tool call gave; empty when there was none.</summary>
    public string LastOutput { get; } = body.GetProperty("input").EnumerateArray().LastOrDefault(item => item.TryGetProperty("output", out _)) is { ValueKind: JsonValueKind.Object } item
        ? item.GetProperty("output").ToString()
        : "";

    /// <summary>When the answer left; only then is it of use.</summary>
    public long Left { get; set; }

    public Task<string> AnsweredAsync => _answer.Task;

    /// <summary>Answers with one item.</summary>
    public void Answer(JsonObject item)
    {
        var id = Guid.NewGuid().ToString("N");
        item["id"] = $"item_{id}";
        item["status"] = "completed";
        var response = new JsonObject
        {
            ["id"] = $"resp_{id}",
            ["object"] = "response",
            ["status"] = "completed",
            ["output"] = new JsonArray(item),
            ["usage"] = new JsonObject
            {
                ["input_tokens"] = 100,
                ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
                ["output_tokens"] = 10,
                ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
                ["total_tokens"] = 110,
            },
        };
        _answer.SetResult(WantsStream
            ? string.Concat(
                Event("response.created", "response", new JsonObject { ["id"] = $"resp_{id}" }),
                Event("response.output_item.done", "item", item.DeepClone()),
                Event("response.completed", "response", response))
            : response.ToJsonString());
    }

    /// <summary>A call of a function, as an item.</summary>
    public static JsonObject Call(string name, JsonObject arguments) => new()
    {
        ["type"] = "function_call",
        ["call_id"] = $"call_{Guid.NewGuid():N}",
        ["name"] = name,
        ["arguments"] = arguments.ToJsonString(),
    };

    /// <summary>A last word, as an item.</summary>
    public static JsonObject Message(string text) => new()
    {
        ["type"] = "message",
        ["role"] = "assistant",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() }),
    };

    private static string Event(string type, string name, JsonNode content) =>
        $"event: {type}\ndata: {new JsonObject { ["type"] = type, ["output_index"] = 0, [name] = content }.ToJsonString()}\n\n";
}
