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

    /// <summary>Where a request stands.</summary>
    internal enum TapStage
    {
        /// <summary>It is here; the model has not been asked.</summary>
        Asked,

        /// <summary>The model has answered; its caller does not know yet.</summary>
        Answered,

        /// <summary>The answer is on its way to the caller.</summary>
        PassedOn,
    }

    /// <summary>A request: its role, the conversation it was asked with, and a key that only a repeat of the same turn shares.</summary>
    internal sealed record TurnRequest(string Key, string Role, string Messages);

    private sealed record Hold(string Role, bool AfterEdit, string Containing, TaskCompletionSource Reached, TaskCompletionSource Released);

    public Uri BaseUrl { get; private set; } = null!;

    public IReadOnlyCollection<TurnCount> Turns => [.. _turns.Values];

    /// <summary>Told each stage of each request, with a name for its turn; what it does happens before the request goes on. True drops the request.</summary>
    public Func<TapStage, TurnRequest, Task<bool>>? OnStage { get; set; }

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
        var turn = TurnOf(body.ToArray());
        if (await DropsAsync(TapStage.Asked, turn))
        {
            context.Abort();
            return;
        }

        if (await CountAndHoldAsync(turn, context.RequestAborted) is { } fault)
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

        var answer = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        if (await DropsAsync(TapStage.Answered, turn))
        {
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
        await context.Response.CompleteAsync();
        await DropsAsync(TapStage.PassedOn, turn);
    }

    private async Task<bool> DropsAsync(TapStage stage, TurnRequest turn) => OnStage is { } told && await told(stage, turn);

    private static TurnRequest TurnOf(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        // Chat Completions and Responses say the same in other places.
        var isChat = root.TryGetProperty("messages", out var conversation);
        if (!isChat)
            conversation = root.GetProperty("input");
        var role = isChat
            ? root.TryGetProperty("response_format", out var format) && format.TryGetProperty("json_schema", out var schema) ? NameOf(schema) : "text"
            : root.TryGetProperty("text", out var text) && text.TryGetProperty("format", out var shape) ? NameOf(shape) : "text";
        var messages = conversation.GetRawText();
        return new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(role + messages))), role, messages);
    }

    private static string NameOf(JsonElement schema) => schema.GetProperty("name").GetString()!;

    // The status of a fault to play; null to go on.
    private async Task<int?> CountAndHoldAsync(TurnRequest turn, CancellationToken aborted)
    {
        if (Fault?.Invoke(turn.Role, turn.Messages) is { } status)
            return status;
        using var json = JsonDocument.Parse(turn.Messages);
        var messages = json.RootElement;

        var hold = _hold;
        var holds = hold is not null && hold.Role == turn.Role && (!hold.AfterEdit || HasEdited(messages))
            && turn.Messages.Contains(hold.Containing, StringComparison.Ordinal);
        _turns.AddOrUpdate(
            turn.Key,
            _ => new TurnCount(turn.Role, messages.GetArrayLength(), 1, holds),
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
        static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.ToString() : null;
        var calls = messages.EnumerateArray()
            .Where(m => m.TryGetProperty("tool_calls", out _))
            .SelectMany(m => m.GetProperty("tool_calls").EnumerateArray())
            .Select(c => (Id: Text(c, "id"), Name: Text(c.GetProperty("function"), "name")))
            .Concat(messages.EnumerateArray().Where(m => Text(m, "type") == "function_call").Select(c => (Id: Text(c, "call_id"), Name: Text(c, "name"))));
        var edits = calls.Where(c => c.Name is "edit_file" or "write_file" or "apply_patch").Select(c => c.Id).ToHashSet();
        return messages.EnumerateArray().Any(m =>
            edits.Contains(Text(m, "tool_call_id") ?? (Text(m, "type") == "function_call_output" ? Text(m, "call_id") : null))
            && !(Text(m, "content") ?? Text(m, "output") ?? "").Contains("not found", StringComparison.OrdinalIgnoreCase));
    }
}
