using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Commands;

/// <summary>The CLI's way to a running service: its REST API.</summary>
internal sealed class RestClient : IDisposable
{
    private const int LongestShown = 300;
    private const int MostCuts = 5;

    private readonly HttpClient _http;

    public RestClient(Uri service, string apiKey)
    {
        _http = new HttpClient { BaseAddress = service, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    /// <summary>Sends a request.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path below the service's address.</param>
    /// <param name="body">Body; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What came back, and the path of the page after it; null for the last, and for what has no pages.</returns>
    /// <typeparam name="T">What is to come back.</typeparam>
    /// <exception cref="RestFailureException">It was refused, or nobody answered.</exception>
    public Task<(T Answer, string? Next)> SendAsync<T>(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
        where T : JsonNode => TryAsync(async () =>
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await _http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw Refusal(response.StatusCode, text);
        var link = response.Headers.TryGetValues("Link", out var links) ? links.First() : "";
        // Below the service's address as the user gave it: a proxy may have it under a path of its own.
        return (JsonNode.Parse(text) as T ?? throw new JsonException(), link.EndsWith(">; rel=\"next\"", StringComparison.Ordinal) ? link[(link.LastIndexOf('/') + 1)..link.LastIndexOf('>')] : null);
    }, cancellationToken);

    /// <summary>One task.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RestFailureException">It was refused, or nobody answered.</exception>
    public async Task<JsonObject> ReadTaskAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync<JsonObject>(HttpMethod.Get, path, null, cancellationToken)).Answer;

    /// <summary>The live log of a task: all that is there, and, following, what comes until the task has ended, over cuts of the connection.</summary>
    /// <param name="path">Path of its events.</param>
    /// <param name="follow">Wait for what comes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RestFailureException">It was refused, nobody answered, or the connection was cut again and again.</exception>
    public async IAsyncEnumerable<JsonObject> ReadLogAsync(string path, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!follow)
        {
            var last = 0L;
            while (await SendAsync<JsonArray>(HttpMethod.Get, $"{path}?after={last}", null, cancellationToken) is ({ Count: > 0 } page, _))
            {
                foreach (var entry in page)
                {
                    last = SeqOf(entry);
                    yield return entry!.AsObject();
                }
            }

            yield break;
        }

        var (after, cuts, wasOpen) = (0L, 0, false);
        while (true)
        {
            await using var events = ReadEventsAsync($"{path}?after={after}", wasOpen, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await TryAsync(async () => await events.MoveNextAsync(), cancellationToken))
            {
                wasOpen = true;
                if (events.Current is not { } item)
                    continue;
                cuts = 0;
                if (item.EventType == "end")
                    yield break;
                if (item.EventType == "ping")
                    continue;
                var entry = await TryAsync(() => Task.FromResult(JsonNode.Parse(item.Data) as JsonObject ?? throw new JsonException()), cancellationToken);
                after = SeqOf(entry);
                yield return entry;
            }

            // Cut: the service was started anew, or somebody between gave up on it.
            if (cuts++ >= MostCuts)
                throw new RestFailureException(ExitCodes.Away, $"the connection to {_http.BaseAddress} was cut {cuts} times in a row. Look at the service's log, then go on.");
            await Task.Delay(TimeSpan.FromSeconds(1 << (cuts - 1)), cancellationToken);
        }
    }

    // The first of it is null: the stream is open. A cut is its end, and so is a service that is away where it had answered before.
    private async IAsyncEnumerable<SseItem<string>?> ReadEventsAsync(string path, bool wasOpen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new("text/event-stream"));
        using var response = await OrCut(() => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken), wasOpen, cancellationToken);
        if (response is null || (wasOpen && response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout))
            yield break;
        if (!response.IsSuccessStatusCode)
            throw Refusal(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        // A page of somebody else would be no event, for ever.
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
            throw NotOurs();
        yield return null;
        await using var events = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await OrCut(async () => await events.MoveNextAsync(), true, cancellationToken))
            yield return events.Current;
    }

    private static async Task<T?> OrCut<T>(Func<Task<T>> read, bool mayBeCut, CancellationToken cancellationToken)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (mayBeCut && !cancellationToken.IsCancellationRequested && e is IOException or HttpRequestException or TaskCanceledException)
        {
            return default;
        }
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RestFailureException(ExitCodes.Away, $"{_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s. Look at the service's log; the request may have been taken.");
        }
        catch (JsonException)
        {
            throw NotOurs();
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            throw new RestFailureException(ExitCodes.Away, $"no answer from {_http.BaseAddress}: {e.Message.TrimEnd('.')}. Is the service running? Set --url or CODINGAGENT_URL.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static RestFailureException Refusal(HttpStatusCode status, string text) => new(
        status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCodes.Key,
            HttpStatusCode.NotFound => ExitCodes.NotFound,
            HttpStatusCode.Conflict => ExitCodes.Conflict,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ExitCodes.Away,
            _ => ExitCodes.Refused,
        },
        $"the service answered {(int)status}: {DetailOf(text)}");

    private RestFailureException NotOurs() =>
        new(ExitCodes.Refused, $"{_http.BaseAddress} answered with something that is not this API's JSON: is it this service? Set --url or CODINGAGENT_URL.");

    private long SeqOf(JsonNode? entry) => entry is JsonObject line && line["seq"] is JsonValue seq && seq.TryGetValue<long>(out var at) ? at : throw NotOurs();

    // A proxy's page is many lines.
    private static string DetailOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject answer && answer["detail"] is JsonValue detail ? Terminal.Line(detail.ToString(), 2 * LongestShown) : Line(text);
        }
        catch (JsonException)
        {
            return Line(text);
        }
    }

    private static string Line(string text) => Terminal.Line(text.Trim(), LongestShown) is { Length: > 0 } line ? line : "nothing more.";
}
