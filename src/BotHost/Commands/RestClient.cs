using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
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

    /// <summary>Sends a request and prints what came back as indented JSON; 0 on success, 1 with one line otherwise.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path below the service's address.</param>
    /// <param name="body">Body; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="explain">What to tell people of an answer, beside it: on standard error.</param>
    public Task<int> PrintAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, Func<JsonNode, string?>? explain = null) => TryAsync(async () =>
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var response = await _http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            return Refused(response, text);
        if (text.Length > 0)
        {
            var answer = JsonNode.Parse(text)!;
            Console.WriteLine(answer.ToJsonString(Indented));
            if (explain?.Invoke(answer) is { } words)
                Console.Error.WriteLine(words);
        }

        return 0;
    }, cancellationToken);

    /// <summary>Prints the live log of a task; 0 when all that is there was printed, or, following, when the task has ended.</summary>
    /// <param name="path">Path of its events.</param>
    /// <param name="follow">Wait for what comes.</param>
    /// <param name="print">Prints an entry.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<int> LogAsync(string path, bool follow, Action<JsonObject> print, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        var (after, cuts, isOpen) = (0L, 0, false);
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?after={after}");
                request.Headers.Accept.Add(new(follow ? "text/event-stream" : "application/json"));
                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if (!response.IsSuccessStatusCode)
                    return Refused(response, await response.Content.ReadAsStringAsync(cancellationToken));
                if (!follow)
                {
                    var page = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonArray ?? throw new JsonException();
                    foreach (var entry in page)
                        Print(entry);
                    if (page.Count == 0)
                        return 0;
                    continue;
                }

                isOpen = true;
                await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
                {
                    if (item.EventType == "end")
                        return 0;
                    if (item.EventType != "ping")
                        Print(JsonNode.Parse(item.Data));
                    cuts = 0;
                }
            }
            catch (Exception e) when (isOpen && e is (IOException or HttpRequestException))
            {
                // Gone on with below.
            }

            // Cut: the service was started anew, or somebody between gave up on it.
            if (cuts++ >= MostCuts)
            {
                Console.Error.WriteLine($"codingagent: the connection to {_http.BaseAddress} was cut {cuts} times in a row. Look at the service's log, then go on.");
                return 1;
            }

            await Task.Delay(TimeSpan.FromSeconds(1 << (cuts - 1)), cancellationToken);
        }

        void Print(JsonNode? entry)
        {
            var line = entry as JsonObject ?? throw new JsonException();
            after = line["seq"]!.GetValue<long>();
            print(line);
        }
    }, cancellationToken);

    private static int Refused(HttpResponseMessage response, string text)
    {
        Console.Error.WriteLine($"codingagent: the service answered {(int)response.StatusCode}: {DetailOf(text)}");
        return 1;
    }

    private async Task<int> TryAsync(Func<Task<int>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine($"codingagent: {_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s. Look at the service's log; the request may have been taken.");
            return 1;
        }
        catch (JsonException)
        {
            Console.Error.WriteLine($"codingagent: {_http.BaseAddress} answered with something that is not JSON: is it this service? Set --url or CODINGAGENT_URL.");
            return 1;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            Console.Error.WriteLine($"codingagent: no answer from {_http.BaseAddress}: {e.Message}. Is the service running? Set --url or CODINGAGENT_URL.");
            return 1;
        }
    }

    public void Dispose() => _http.Dispose();

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A proxy's page is many lines.
    private static string DetailOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject answer && answer["detail"] is JsonValue detail ? detail.ToString() : Line(text);
        }
        catch (JsonException)
        {
            return Line(text);
        }
    }

    private static string Line(string text) =>
        string.Concat(text.Trim().Take(LongestShown).Select(c => char.IsControl(c) ? ' ' : c)) is { Length: > 0 } line ? line : "nothing more.";
}
