using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CodingAgent.Forges.GitHub;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>Answers in the order written down, and remembers what was asked.</summary>
internal sealed class ScriptedGitHub : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _answers = new();

    public List<string> Asked { get; } = [];

    public List<string?> Bodies { get; } = [];

    /// <summary>Header lines of each request but the token's.</summary>
    public List<string> Headers { get; } = [];

    public SkippingTime Time { get; } = new();

    public ScriptedGitHub Answer(int status, string json, params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(() =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) };
            if (!headers.Any(h => h.Name == "Content-Type"))
                response.Content.Headers.ContentType = new("application/json", "utf-8");
            foreach (var (name, value) in headers)
            {
                HttpHeaders target = name == "Content-Type" ? response.Content.Headers : response.Headers;
                target.TryAddWithoutValidation(name, value);
            }

            return response;
        });
        return this;
    }

    public ScriptedGitHub Fail(Exception error)
    {
        _answers.Enqueue(() => throw error);
        return this;
    }

    public GitHubForge Forge(string api = "https://api.github.com") => new(
        new GitHubOptions { ApiUrl = new Uri(api) }, new PersonalTokenSource("ghp_secret"), Time, NullLogger<GitHubForge>.Instance, this);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // What is not the forge's own is shown no token.
        if (request.RequestUri!.Host.EndsWith("storage.example", StringComparison.Ordinal))
            request.Headers.Authorization.ShouldBeNull();
        else
            request.Headers.Authorization!.Parameter.ShouldBe("ghp_secret");
        Headers.Add(string.Join('\n', request.Headers.Where(h => h.Key != "Authorization").Select(h => $"{h.Key}: {string.Join(' ', h.Value)}")));
        Asked.Add($"{request.Method} {request.RequestUri}");
        Bodies.Add(request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken));
        _answers.Count.ShouldBeGreaterThan(0, $"nothing was written down for {Asked[^1]}");
        return _answers.Dequeue()();
    }
}
