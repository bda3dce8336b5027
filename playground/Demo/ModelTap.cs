using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Playground.Demo;

/// <summary>
/// Stands between the service and the model endpoint, scripted or real: forwards every request unchanged, counts requests per turn,
/// and can hold one answer back so that the process waiting for it can be killed meanwhile.
/// </summary>
internal sealed class ModelTap : IAsyncDisposable
{
    private readonly HttpClient _upstream = new() { Timeout = TimeSpan.FromMinutes(10) };
    private readonly ConcurrentDictionary<string, TurnCount> _turns = new(StringComparer.Ordinal);
    private readonly Uri _target;
    private readonly WebApplication _app;
    private Hold? _hold;

    private ModelTap(Uri target, WebApplication app) => (_target, _app) = (target, app);

    /// <summary>One turn of one agent, told apart by the conversation it was asked with.</summary>
    internal sealed record TurnCount(string Role, int Messages, int Requests, bool WasHeld);

    private sealed record Hold(string Role, bool AfterEdit, string Containing, TaskCompletionSource Reached, TaskCompletionSource Released);

    public Uri BaseUrl { get; private set; } = null!;

    public IReadOnlyCollection<TurnCount> Turns => [.. _turns.Values];

    /// <summary>Looks at each request's role and text; a status it returns is answered instead of asking the model.</summary>
    public Func<string, string, int?>? Fault { get; set; }

    public static async Task<ModelTap> StartAsync(Uri target, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var tap = new ModelTap(target, app);
        app.MapPost("/v1/{**path}", tap.ForwardAsync);
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        tap.BaseUrl = new Uri(address + "/v1");
        return tap;
    }

    /// <summary>
    /// Holds the next answer for this role (after at least one successful edit, if asked) to a request with this text; the task ends when
    /// one is held.
    /// </summary>
    public Task HoldNextAsync(string role, bool afterEdit, string containing = "")
    {
        var hold = new Hold(role, afterEdit, containing, new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
        _hold = hold;
        return hold.Reached.Task;
    }

    /// <summary>Lets a held answer go (its caller may be dead by now).</summary>
    public void Release() => Interlocked.Exchange(ref _hold, null)?.Released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _app.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, string path)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (await CountAndHoldAsync(body.ToArray(), context.RequestAborted) is { } fault)
        {
            context.Response.StatusCode = fault;
            await context.Response.WriteAsJsonAsync(new { error = new { message = "Played by the tap.", type = "server_error" } }, context.RequestAborted);
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_target.ToString().TrimEnd('/')}/{path}");
        request.Content = new ByteArrayContent(body.ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var response = await _upstream.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        foreach (var name in (string[])["retry-after", "retry-after-ms", "x-should-retry", "x-request-id"])
        {
            if (response.Headers.TryGetValues(name, out var values))
                context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    // The status of a fault to play; null to go on.
    private async Task<int?> CountAndHoldAsync(byte[] body, CancellationToken aborted)
    {
        using var json = JsonDocument.Parse(body);
        var role = json.RootElement.TryGetProperty("response_format", out var format) && format.TryGetProperty("json_schema", out var schema)
            ? schema.GetProperty("name").GetString()!
            : "text";
        var messages = json.RootElement.GetProperty("messages");
        if (Fault?.Invoke(role, messages.GetRawText()) is { } status)
            return status;
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(role + messages.GetRawText())));

        var hold = _hold;
        var holds = hold is not null && hold.Role == role && (!hold.AfterEdit || HasEdited(messages))
            && messages.GetRawText().Contains(hold.Containing, StringComparison.Ordinal);
        _turns.AddOrUpdate(
            key,
            _ => new TurnCount(role, messages.GetArrayLength(), 1, holds),
            (_, seen) => seen with { Requests = seen.Requests + 1, WasHeld = seen.WasHeld || holds });
        if (!holds)
            return null;
        hold!.Reached.TrySetResult();
        await hold.Released.Task.WaitAsync(aborted);
        return null;
    }

    // An edit happened when some edit call was answered with anything but an error.
    private static bool HasEdited(JsonElement messages)
    {
        var edits = messages.EnumerateArray()
            .Where(m => m.TryGetProperty("tool_calls", out _))
            .SelectMany(m => m.GetProperty("tool_calls").EnumerateArray())
            .Where(c => c.GetProperty("function").GetProperty("name").GetString() is "edit_file" or "write_file" or "apply_patch")
            .Select(c => c.GetProperty("id").GetString())
            .ToHashSet();
        return messages.EnumerateArray().Any(m =>
            m.GetProperty("role").GetString() == "tool"
            && edits.Contains(m.GetProperty("tool_call_id").GetString())
            && !m.GetProperty("content").ToString().Contains("not found", StringComparison.OrdinalIgnoreCase));
    }
}
