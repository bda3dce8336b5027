using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Where a request goes when the base address is more than a root: a query (Azure's <c>api-version</c>) stays behind the API's path, and
/// <c>{model}</c> in it becomes the model of the request (Azure's deployment). With <c>api-version</c> the key goes as <c>api-key</c>, as
/// Azure's versioned API wants it: there a bearer token is another kind of credential.
/// </summary>
internal sealed class EndpointAddress(OpenAiOptions options)
{
    private const string Placeholder = "%7Bmodel%7D";

    /// <summary>The root that the package appends its paths to.</summary>
    public Uri Root { get; } = new(options.BaseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/'));

    /// <summary>The package's client for the address: it asks once, never retries, and follows no redirect. Repositories' code goes where the operator said.</summary>
    /// <param name="http">HTTP client to use; null for an own one.</param>
    public OpenAIClient Open(HttpClient? http) => new(new ApiKeyCredential(options.ApiKey), new OpenAIClientOptions
    {
        Endpoint = Root,
        NetworkTimeout = options.NetworkTimeout,
        RetryPolicy = new ClientRetryPolicy(0),
        // Our own transport: the default one is shared by the process, and its timeout would cut long answers.
        Transport = new HttpClientPipelineTransport(http ?? new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan }),
    });

    /// <summary>What is done to each request for a model; null when the address is a plain root.</summary>
    public PipelinePolicy? For(string model)
    {
        var query = options.BaseUrl.Query;
        return query.Length > 0 || HasPlaceholder(Root.AbsoluteUri) ? new Policy(query, model, query.Contains("api-version=", StringComparison.OrdinalIgnoreCase) ? options.ApiKey : null) : null;
    }

    private static bool HasPlaceholder(string address) => address.Contains(Placeholder, StringComparison.OrdinalIgnoreCase) || address.Contains("{model}", StringComparison.Ordinal);

    private sealed class Policy(string query, string model, string? key) : PipelinePolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Change(message);
            ProcessNext(message, pipeline, currentIndex);
        }

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            Change(message);
            return ProcessNextAsync(message, pipeline, currentIndex);
        }

        private void Change(PipelineMessage message)
        {
            var address = new UriBuilder(message.Request.Uri!);
            var name = Uri.EscapeDataString(model);
            address.Path = address.Path.Replace(Placeholder, name, StringComparison.OrdinalIgnoreCase).Replace("{model}", name, StringComparison.Ordinal);
            address.Query = query.Replace(Placeholder, name, StringComparison.OrdinalIgnoreCase);
            message.Request.Uri = address.Uri;
            if (key is null)
                return;
            message.Request.Headers.Remove("Authorization");
            message.Request.Headers.Set("api-key", key);
        }
    }
}
