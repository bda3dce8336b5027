using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CodingAgent.Forges.GitLab;
using CodingAgent.Forges.Tests.GitHub;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.GitLab;

/// <summary>Answers by address, and remembers what was asked: of several answers to one address each is given once, the last for good.</summary>
internal sealed class ScriptedGitLab : HttpMessageHandler
{
    private readonly List<(string Address, Queue<Func<HttpResponseMessage>> Answers)> _answers = [];

    public List<string> Asked { get; } = [];

    public List<string?> Bodies { get; } = [];

    public SkippingTime Time { get; } = new();

    public ScriptedGitLab Answer(string address, int status, string text, params (string Name, string Value)[] headers)
    {
        if (!_answers.Exists(a => a.Address == address))
            _answers.Add((address, new Queue<Func<HttpResponseMessage>>()));
        _answers.Single(a => a.Address == address).Answers.Enqueue(() =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) };
            response.Content.Headers.ContentType = new("application/json", "utf-8");
            foreach (var (name, value) in headers)
            {
                if (name == "Content-Type")
                    response.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
                else
                    response.Headers.TryAddWithoutValidation(name, value);
            }

            return response;
        });
        return this;
    }

    public GitLabForge Forge(string url = "https://gitlab.com") => new(new GitLabOptions { Url = new Uri(url) }, new GitLabTokenSource("glpat_hidden"), Time, NullLogger<GitLabForge>.Instance, this);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization!.Parameter.ShouldBe("glpat_hidden");
        Asked.Add($"{request.Method} {request.RequestUri!.AbsoluteUri}");
        Bodies.Add(request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken));
        var address = _answers.Where(a => request.RequestUri!.AbsoluteUri.Contains(a.Address, StringComparison.Ordinal)).MaxBy(a => a.Address.Length);
        address.Answers.ShouldNotBeNull($"nothing was written down for {Asked[^1]}");
        return (address.Answers.Count > 1 ? address.Answers.Dequeue() : address.Answers.Peek())();
    }
}
