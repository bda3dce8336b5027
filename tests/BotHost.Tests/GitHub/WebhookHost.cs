using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace CodingAgent.BotHost.Tests.GitHub;

/// <summary>The webhook endpoint on a real socket.</summary>
internal sealed class WebhookHost : IAsyncDisposable
{
    public const string Secret = "It's a Secret to Everybody";

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private WebhookHost(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public Uri Address => _http.BaseAddress!;

    public static ConcurrentQueue<string> NewLog() => new();

    /// <summary>A webhook with one secret for everybody.</summary>
    public static GitHubWebhook Taking(string secret) => new(new WebhookSecrets([secret], []));

    public static async Task<WebhookHost> StartAsync(Action<IServiceCollection> services, IForgeWebhook? webhook = null, ConcurrentQueue<string>? log = null, Action<WebApplication>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        if (log is not null)
            builder.Logging.AddProvider(new Collector(log)).SetMinimumLevel(LogLevel.Debug);
        services(builder.Services);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<InboxBell>();
        builder.Services.AddSingleton<WebhookEndpoint>();
        var app = builder.Build();
        before?.Invoke(app);
        app.MapWebhook(webhook ?? Taking(Secret));
        await app.StartAsync();
        return new WebhookHost(app);
    }

    public Task<HttpResponseMessage> DeliverAsync(
        byte[] body, string? eventName = "issues", string? deliveryId = "d1", string? signature = "right", string? contentType = "application/json", bool chunked = false, string? forwardedFor = null)
    {
        HttpContent content = chunked ? new StreamContent(new Unseekable(body)) : new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/github") { Content = content };
        request.Headers.TransferEncodingChunked = chunked ? true : null;
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        if (eventName is not null)
            request.Headers.Add("X-GitHub-Event", eventName);
        if (deliveryId is not null)
            request.Headers.TryAddWithoutValidation("X-GitHub-Delivery", deliveryId);
        if (signature is not null)
            request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", signature == "right" ? SignatureOf(body) : signature);
        return _http.SendAsync(request);
    }

    /// <summary>What GitHub writes into X-Hub-Signature-256.</summary>
    public static string SignatureOf(byte[] body, string secret = Secret) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>Every line that is logged.</summary>
    public sealed class Collector(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue(formatter(state, exception));

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
