using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>
/// A wire to a forge or a model that fails in the ways that people report of real ones, at random: some requests never arrive, some answers
/// are lost or garbled on the way back although what was asked for is done.
/// </summary>
internal sealed class TroubledWire : IAsyncDisposable
{
    private static readonly string[] HopByHop = ["Transfer-Encoding", "Connection", "Keep-Alive", "Content-Length"];

    private readonly HttpClient _upstream = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly ConcurrentDictionary<string, int> _played = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly WebApplication _app;
    private readonly Uri _target;
    private readonly IReadOnlyList<Trouble> _troubles;
    private readonly Random _random;

    private TroubledWire(WebApplication app, Uri target, IReadOnlyList<Trouble> troubles, int seed) => (_app, _target, _troubles, _random) = (app, target, troubles, new Random(seed));

    /// <summary>One way to fail.</summary>
    /// <param name="Name">For the report.</param>
    /// <param name="Asks">The other side is asked, and does what it is asked for, before anything fails.</param>
    /// <param name="Answer">What comes back instead of the body that came (empty when nobody was asked); null cuts the connection.</param>
    internal sealed record Trouble(string Name, bool Asks, Func<string, WireAnswer?> Answer);

    /// <summary>An answer as it leaves.</summary>
    internal sealed record WireAnswer(int Status, string Body, string Type = "application/json", string? RetryAfter = null);

    /// <summary>A forge: GitHub's 401s, limits and error pages, cut connections, lost and garbled answers.</summary>
    public static IReadOnlyList<Trouble> OfForges { get; } =
    [
        Refuses("401", 401, """{"message":"Bad credentials"}"""),
        new("a secondary limit", false, _ => new WireAnswer(403, """{"message":"You have exceeded a secondary rate limit."}""", RetryAfter: "1")),
        new("429", false, _ => new WireAnswer(429, """{"message":"API rate limit exceeded"}""", RetryAfter: "1")),
        Refuses("500", 500, """{"message":"Server Error"}"""),
        new("a page for 502", false, _ => new WireAnswer(502, "<html>Bad gateway</html>", "text/html")),
        Refuses("503", 503, ""),
        new("no connection", false, _ => null),
        new("a lost answer", true, _ => null),
        new("a 502 after all", true, _ => new WireAnswer(502, "")),
        new("a cut answer", true, body => new WireAnswer(200, body[..(body.Length / 2)])),
        new("a page for an answer", true, _ => new WireAnswer(200, "<html>Sign in</html>", "text/html")),
    ];

    /// <summary>A model endpoint: refusals, limits, errors inside a 200, unusual and missing fields, lost and garbled answers.</summary>
    public static IReadOnlyList<Trouble> OfModels { get; } =
    [
        Refuses("401", 401, """{"error":{"message":"Incorrect API key provided."}}"""),
        Refuses("402", 402, """{"error":{"message":"Insufficient credits"}}"""),
        new("an error inside a 200", false, _ => new WireAnswer(200, """{"error":{"message":"Insufficient credits","code":402}}""")),
        new("429", false, _ => new WireAnswer(429, """{"error":{"message":"slow down","code":"rate_limit_exceeded"}}""", RetryAfter: "1")),
        Refuses("500", 500, """{"detail":"worker died"}"""),
        Refuses("529", 529, """{"error":"overloaded"}"""),
        new("no connection", false, _ => null),
        new("a lost answer", true, _ => null),
        new("nothing", true, _ => new WireAnswer(200, "")),
        new("a cut answer", true, body => new WireAnswer(200, body[..(body.Length / 2)])),
        new("a page", true, _ => new WireAnswer(200, "<html>Sign in</html>", "text/html")),
        Changes("finish reason eos", choice => choice["finish_reason"] = "eos"),
        Changes("finish reason null", choice => choice["finish_reason"] = null),
        Changes("arguments as an object", choice =>
        {
            foreach (var call in choice["message"]?["tool_calls"]?.AsArray() ?? [])
                call!["function"]!["arguments"] = JsonNode.Parse(call["function"]!["arguments"]!.GetValue<string>());
        }),
        Changes("content in parts", choice =>
        {
            if (choice["message"]?["content"]?.GetValue<string>() is { Length: > 0 } text)
                choice["message"]!["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text });
        }),
        new("no usage", true, body => Edited(body, root => root.Remove("usage"))),
        new("no choices", true, body => Edited(body, root => root["choices"] = new JsonArray())),
    ];

    /// <summary>Where callers ask.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>How many requests in a hundred fail.</summary>
    public int Share { get; set; }

    /// <summary>What was played, and how often.</summary>
    public IReadOnlyDictionary<string, int> Played => _played;

    public static async Task<TroubledWire> StartAsync(Uri target, IReadOnlyList<Trouble> troubles, int seed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var wire = new TroubledWire(app, target, troubles, seed);
        app.Map("/{**path}", wire.PassAsync);
        await app.StartAsync();
        wire.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return wire;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var trouble = Next();
        var answer = trouble is { Asks: false } ? null : await AskAsync(context);
        if (trouble is null)
        {
            await WriteAsync(context, answer!);
            return;
        }

        var body = answer is null ? "" : Encoding.UTF8.GetString(answer.Body);
        if (trouble.Answer(body) is not { } shown)
        {
            context.Abort();
            return;
        }

        // What the other side refused anyway stays a refusal.
        if (trouble.Asks && answer!.Status >= 300)
        {
            await WriteAsync(context, answer);
            return;
        }

        context.Response.StatusCode = shown.Status;
        context.Response.ContentType = shown.Type;
        if (shown.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = wait;
        await context.Response.WriteAsync(shown.Body, context.RequestAborted);
    }

    private Trouble? Next()
    {
        lock (_lock)
        {
            if (_random.Next(100) >= Share)
                return null;
            var trouble = _troubles[_random.Next(_troubles.Count)];
            _played.AddOrUpdate(trouble.Name, 1, (_, n) => n + 1);
            return trouble;
        }
    }

    private async Task<Passed> AskAsync(HttpContext context)
    {
        var there = new Uri(_target, context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent());
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), there);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (body.Length > 0)
            request.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, values) in context.Request.Headers.Where(h => h.Key != "Host" && !HopByHop.Contains(h.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        // Not given up with the caller: a request that was sent is carried out.
        using var response = await _upstream.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => !HopByHop.Contains(h.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(h => h.Key, h => h.Value.Select(v => v.Replace(_target.GetLeftPart(UriPartial.Authority), Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)).ToArray(), StringComparer.OrdinalIgnoreCase);
        return new Passed((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    private static async Task WriteAsync(HttpContext context, Passed answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, values) in answer.Headers)
            context.Response.Headers[name] = values;
        if (answer.Body.Length > 0)
            await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static Trouble Refuses(string name, int status, string body) => new(name, false, _ => new WireAnswer(status, body));

    private static Trouble Changes(string name, Action<JsonNode> change) => new(name, true, body => Edited(body, root =>
    {
        foreach (var choice in root["choices"]?.AsArray() ?? [])
            change(choice!);
    }));

    private static WireAnswer Edited(string body, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(body)!.AsObject();
        change(root);
        return new WireAnswer(200, root.ToJsonString());
    }

    private sealed record Passed(int Status, IReadOnlyDictionary<string, string[]> Headers, byte[] Body);
}
