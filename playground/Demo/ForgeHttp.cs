using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>What a person's calls of a forge have in common: their token, patience, and a line that says what came to nothing.</summary>
internal sealed class ForgeHttp : IDisposable
{
    // A machine that builds meanwhile may leave a request lying for long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;

    /// <summary>Takes where and who.</summary>
    /// <param name="root">What paths begin at.</param>
    /// <param name="token">The person's token.</param>
    public ForgeHttp(Uri root, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri(root.ToString().TrimEnd('/') + "/"), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("demo-human");
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.github+json, application/json;q=0.9");
    }

    /// <summary>Sends, and reads the answer; an empty object where there is none.</summary>
    /// <exception cref="StoryException">The forge refused, or was not heard of.</exception>
    public async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct) =>
        await SendForTextAsync(method, path, body, ct) is { Length: > 0 } text ? JsonNode.Parse(text)! : new JsonObject();

    /// <summary>Sends, and reads an answer that is no JSON.</summary>
    /// <exception cref="StoryException">The forge refused, or was not heard of.</exception>
    public async Task<string> SendForTextAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            using var response = await _http.SendAsync(request, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            return response.IsSuccessStatusCode ? text : throw new StoryException($"{method} {path}: the forge answered {(int)response.StatusCode}: {text}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new StoryException($"{method} {path}: the forge did not answer within {Patience.TotalMinutes:0} minutes. Is this machine very busy?");
        }
    }

    public void Dispose() => _http.Dispose();
}
