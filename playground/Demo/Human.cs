using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>A person at the forge: everything goes through the public REST API with the person's own token.</summary>
internal sealed class Human : IDisposable
{
    private readonly ForgeHttp _http;
    private readonly Uri _api;
    private readonly string _repo;

    public Human(Uri api, string repo, string login, string token)
    {
        (_api, _repo, Login, Token) = (api, repo, login, token);
        _http = new ForgeHttp(api, token);
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

    private Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct) =>
        _http.SendAsync(method, path.Length == 0 ? $"repos/{_repo}" : $"repos/{_repo}/{path}", body, ct);
}
