using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.BotHost.Commands;

/// <summary>The CLI's way to a running service: its REST API.</summary>
internal sealed class RestClient : IDisposable
{
    private const int LongestShown = 300;

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
    public async Task<int> PrintAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, Func<JsonNode, string?>? explain = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = JsonContent.Create(body);
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                if (text.Length > 0)
                {
                    var answer = JsonNode.Parse(text)!;
                    Console.WriteLine(answer.ToJsonString(Indented));
                    if (explain?.Invoke(answer) is { } words)
                        Console.Error.WriteLine(words);
                }

                return 0;
            }

            Console.Error.WriteLine($"codingagent: the service answered {(int)response.StatusCode}: {DetailOf(text)}");
            return 1;
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
