using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>A person at the forge: everything goes through the public REST API with the person's own token.</summary>
internal sealed class Human : IDisposable
{
    // A machine that builds meanwhile may leave a request lying for long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;
    private readonly Uri _api;
    private readonly string _repo;

    public Human(Uri api, string repo, string login, string token)
    {
        (_api, _repo, Login, Token) = (api, repo, login, token);
        _http = new HttpClient { BaseAddress = new Uri(api.ToString().TrimEnd('/') + "/"), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("demo-human");
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.github+json");
    }

    /// <summary>The account.</summary>
    public string Login { get; }

    /// <summary>Its token, for REST and git.</summary>
    public string Token { get; }

    /// <summary>The same person at another repository, <c>owner/name</c>.</summary>
    public Human At(string repo) => new(_api, repo, Login, Token);

    public Task<JsonNode> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    public Task<JsonNode> PostAsync(string path, JsonNode body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, body, ct);

    public Task<JsonNode> PutAsync(string path, JsonNode body, CancellationToken ct) => SendAsync(HttpMethod.Put, path, body, ct);

    public Task<JsonNode> PatchAsync(string path, JsonNode body, CancellationToken ct) => SendAsync(HttpMethod.Patch, path, body, ct);

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path.Length == 0 ? $"repos/{_repo}" : $"repos/{_repo}/{path}");
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            using var response = await _http.SendAsync(request, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            if (!response.IsSuccessStatusCode)
                throw new StoryException($"{method} {path}: the forge answered {(int)response.StatusCode}: {text}");
            return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new StoryException($"{method} {path}: the forge did not answer within {Patience.TotalMinutes:0} minutes. Is this machine very busy?");
        }
    }
}
