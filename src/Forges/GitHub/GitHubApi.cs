using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Octokit;
using Octokit.Internal;
using Polly.Timeout;

namespace CodingAgent.Forges.GitHub;

/// <summary>Octokit's clients on one HTTP pipeline; what leaves here are our two exceptions, cancellation, or an answer.</summary>
internal sealed class GitHubApi : IDisposable
{
    private const int MostPages = 100;

    private static readonly AsyncLocal<GitHubCall?> Current = new();
    private readonly GitHubOptions _options;
    private readonly ConditionalCache _answers = new();
    private readonly CallHttpClient _http;
    private readonly HttpMessageInvoker _plain;
    private readonly GitHubClient _client;

    public GitHubApi(HttpMessageHandler transport, GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger logger)
    {
        options.Validate();
        _options = options;
        var pipeline = GitHubPipeline.Build(transport, options, tokens, time, logger);
        _http = new CallHttpClient(pipeline);
        _plain = new HttpMessageInvoker(pipeline, disposeHandler: false);
        // Anonymous: the pipeline adds the token, and only to requests that go to the forge itself.
        var connection = new Connection(
            new ProductHeaderValue("coding-agent"),
            new Uri(options.Root + "/"),
            new InMemoryCredentialStore(Credentials.Anonymous),
            _http,
            new TolerantSerializer())
        {
            ResponseCache = _answers,
        };
        _client = new GitHubClient(connection);
    }

    /// <summary>Runs one call; nothing but Octokit belongs into <paramref name="run"/>.</summary>
    /// <exception cref="ForgeUnavailableException">The forge stayed away, wants a longer pause than we make here, or its answer cannot be read.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused.</exception>
    public async Task<T> RunAsync<T>(GitHubCall call, Func<IGitHubClient, Task<T>> run)
        where T : class
    {
        call.CancellationToken.ThrowIfCancellationRequested();
        Current.Value = call;
        try
        {
            // Octokit answers null for an answer without content.
            return await run(_client) ?? throw Unreadable(call, null);
        }
        catch (TimeoutRejectedException e)
        {
            throw new ForgeUnavailableException($"{call.Doing} got no answer in {_options.AttemptTimeout.TotalSeconds:0} s.", null, e);
        }
        catch (Exception e) when (e is not (ForgeUnavailableException or ForgeRejectedException or OperationCanceledException))
        {
            // Octokit's reader throws whatever comes to hand: casts, formats, null references.
            throw Unreadable(call, e);
        }
    }

    /// <summary>Asks where something lies that is no JSON: at an address outside the API, or in the answer itself.</summary>
    /// <exception cref="ForgeUnavailableException">The forge stayed away.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused.</exception>
    public async Task<(Uri? Address, string Text)> LocateAsync(GitHubCall call, Uri below)
    {
        call = call with { AsksWhere = true };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(_options.Root + "/"), below));
        request.Options.Set(GitHubCall.Key, call);
        request.Headers.UserAgent.ParseAdd("coding-agent");
        try
        {
            using var response = await _plain.SendAsync(request, call.CancellationToken);
            return response.Headers.Location is { } location
                ? (new Uri(request.RequestUri!, location), "")
                : (null, await response.Content.ReadAsStringAsync(call.CancellationToken));
        }
        catch (TimeoutRejectedException e)
        {
            throw new ForgeUnavailableException($"{call.Doing} got no answer in {_options.AttemptTimeout.TotalSeconds:0} s.", null, e);
        }
    }

    public void Dispose()
    {
        _plain.Dispose();
        _http.Dispose();
        _answers.Dispose();
    }

    private static ForgeUnavailableException Unreadable(GitHubCall call, Exception? e) =>
        new($"{call.Doing} was answered with something that is not the expected JSON ({e?.GetType().Name ?? "nothing in it"}).", null, e);

    /// <summary>Octokit's adapter for HttpClient, told what Octokit's methods could not be told.</summary>
    private sealed class CallHttpClient : HttpClientAdapter, IHttpClient
    {
        public CallHttpClient(HttpMessageHandler pipeline)
            : base(() => pipeline) =>
            // Attempts have their own limit, and a call with its pauses may take longer than HttpClient's.
            SetRequestTimeout(Timeout.InfiniteTimeSpan);

        Task<IResponse> IHttpClient.Send(IRequest request, CancellationToken cancellationToken, Func<object, object>? preprocessResponseBody)
        {
            var call = Current.Value ?? throw new InvalidOperationException("Octokit was used outside of a call.");
            if (++call.Requests > MostPages)
                throw new ForgeRejectedException($"{call.Doing} has more than {MostPages} pages; that is more than this product reads.", HttpStatusCode.OK);
            // Zero is none: Octokit's 100 s would cover all attempts and pauses together.
            ((Request)request).Timeout = TimeSpan.Zero;
            return Send(request, call.CancellationToken, preprocessResponseBody);
        }

        protected override HttpRequestMessage BuildRequestMessage(IRequest request)
        {
            var message = base.BuildRequestMessage(request);
            message.Options.Set(GitHubCall.Key, Current.Value!);
            return message;
        }
    }

    /// <summary>
    /// Octokit's serializer, kept from what it throws on in answers that are fine: null where its model has a value type (a check run
    /// that has not started), and kinds of account that it does not know (apps owned by an enterprise).
    /// </summary>
    private sealed class TolerantSerializer : IJsonSerializer
    {
        private readonly SimpleJsonSerializer _octokit = new();

        public string Serialize(object item) => _octokit.Serialize(item);

        public T Deserialize<T>(string json)
        {
            // Bounded in depth, which Octokit's own recursive reader is not.
            var node = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            Mend(node);
            // GraphQL's own names, and those of permissions, do not survive Octokit's spelling of members.
            if (typeof(T) == typeof(JsonObject) || typeof(T) == typeof(JsonNode))
                return (T)(object)node!;
            return _octokit.Deserialize<T>(node?.ToJsonString() ?? "null");
        }

        private static void Mend(JsonNode? node)
        {
            if (node is JsonObject map)
            {
                foreach (var (name, value) in map.ToList())
                {
                    var isUnknown = name switch
                    {
                        "type" => map.ContainsKey("login") && !IsKnown<AccountType>(value),
                        "visibility" => !IsKnown<RepositoryVisibility>(value),
                        _ => false,
                    };
                    if (isUnknown || value is null)
                        map.Remove(name);
                    else
                        Mend(value);
                }
            }
            else if (node is JsonArray list)
            {
                foreach (var item in list)
                    Mend(item);
            }
        }

        private static bool IsKnown<T>(JsonNode? value)
            where T : struct, Enum => Enum.GetNames<T>().Contains(value?.ToString(), StringComparer.OrdinalIgnoreCase);
    }
}
