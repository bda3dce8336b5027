using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.Playground.ScriptedModel.Scenarios;
using CodingAgent.Playground.ScriptedModel.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Playground.ScriptedModel;

/// <summary>
/// A model endpoint with OpenAI's wire formats (Chat Completions and Responses, and Embeddings) whose answers are scripted. It keeps no conversation: every answer follows from the
/// request's own messages and tool results, so it does not matter which process asks, or how often.
/// </summary>
public sealed class ScriptedModelServer : IAsyncDisposable
{
    private const string ResponsesPath = "/v1/responses";
    private const string EmbeddingsPath = "/v1/embeddings";

    private readonly ScriptedModelOptions _options;
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<LoggedRequest> _log = new();

    private readonly ScenarioCatalogue _scenarios;

    private ScriptedModelServer(ScriptedModelOptions options, WebApplication app) =>
        (_options, _app, _scenarios) = (options, app, new ScenarioCatalogue(options.References));

    /// <summary>API root, as <c>OPENAI_BASE_URL</c> wants it: it ends in <c>/v1</c>.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>All requests that have come to an end, in that order.</summary>
    public IReadOnlyList<LoggedRequest> Requests => [.. _log];

    /// <summary>How often each turn was answered, by conversation and turn; more than once means that it was asked again for nothing.</summary>
    public IReadOnlyDictionary<(string Conversation, int Turn), int> AnswersByTurn => _log
        .Where(r => r is { Outcome: RequestOutcome.Answered, Request: not null })
        .GroupBy(r => (r.Request!.Conversation, r.Request.Turn))
        .ToDictionary(g => g.Key, g => g.Count());

    /// <summary>Starts the server on the loopback address.</summary>
    public static async Task<ScriptedModelServer> StartAsync(ScriptedModelOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.ApiKey);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, options.Port));
        var app = builder.Build();
        var server = new ScriptedModelServer(options, app);
        app.Run(server.HandleAsync);
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.BaseUrl = new Uri(address.TrimEnd('/') + "/v1");
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A held answer must not hold the end.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(1), _options.Time);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        ScriptedRequest? request = null;
        try
        {
            var body = await ReadAsync(context);
            if (context.Request.Path == EmbeddingsPath)
            {
                await WriteAsync(context, 200, Embeddings.Answer(body));
                return;
            }

            var isResponses = context.Request.Path == ResponsesPath;
            var chat = isResponses ? ResponsesRequest.Parse(body, _options.ApiKey) : ChatRequest.Parse(body);
            var conversation = new Conversation(chat);
            request = new ScriptedRequest(
                Key(conversation), conversation.Role, conversation.Turns.Count + 1, conversation.SuccessfulEdits,
                context.Request.Headers.TryGetValue("X-Client-Request-Id", out var id) ? id.ToString() : null)
            {
                Repository = conversation.Repository,
                TaskText = conversation.TaskText,
            };
            // A plain question, as a first try of the endpoint is one.
            var answer = conversation.Role.Length == 0 ? new Answer("ready", []) : _scenarios.For(conversation).Next(conversation);
            if (_options.Gate is { } gate)
                await gate(request, context.RequestAborted);
            if (_options.Fault?.Invoke(request) is { } fault)
            {
                await ShowAsync(context, request, fault);
                return;
            }
            context.RequestAborted.ThrowIfCancellationRequested();
            var now = _options.Time.GetUtcNow();
            await WriteAsync(context, 200, isResponses ? ResponsesResponse.Write(chat, body, answer, now, _options.ApiKey) : ChatResponse.Write(chat, body, answer, now));
            Log(request, RequestOutcome.Answered, 200);
        }
        catch (ChatRefusedException e)
        {
            await WriteAsync(context, e.Status, ChatResponse.WriteError(e.Message, e.Type, e.Code));
            Log(request, RequestOutcome.Refused, e.Status, e.Message);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            Log(request, RequestOutcome.Abandoned, 0);
        }
    }

    private async Task<string> ReadAsync(HttpContext context)
    {
        var given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
        if (!CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes($"Bearer {_options.ApiKey}")))
            throw new ChatRefusedException(401, "Incorrect API key provided.", "invalid_api_key");
        if (context.Request.Path != "/v1/chat/completions" && context.Request.Path != ResponsesPath && context.Request.Path != EmbeddingsPath)
            throw new ChatRefusedException(404, $"Unknown path {context.Request.Path}.", "unknown_url");
        if (!HttpMethods.IsPost(context.Request.Method))
            throw new ChatRefusedException(405, "Only POST is allowed here.", "method_not_supported");
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }

    private async Task ShowAsync(HttpContext context, ScriptedRequest request, ScriptedFault fault)
    {
        if (fault.Status == 0)
        {
            Log(request, RequestOutcome.Faulted, 0);
            await Task.Delay(Timeout.InfiniteTimeSpan, _options.Time, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }
        if (fault.RetryAfter is { } wait)
            context.Response.Headers["retry-after-ms"] = $"{wait.TotalMilliseconds:0}";
        Log(request, RequestOutcome.Faulted, fault.Status);
        await WriteAsync(context, fault.Status, ChatResponse.WriteError("A scripted fault.", "server_error", fault.Status == 429 ? "rate_limit_exceeded" : null));
    }

    private static async Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json, context.RequestAborted);
    }

    private static string Key(Conversation conversation) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{conversation.Role}\n{conversation.TaskText}")))[..16];

    private void Log(ScriptedRequest? request, RequestOutcome outcome, int status, string? detail = null) =>
        _log.Enqueue(new LoggedRequest(request, outcome, status, detail));
}
