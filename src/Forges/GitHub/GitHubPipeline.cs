using CodingAgent.Forges.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Forges.GitHub;

/// <summary>The handlers that every request to GitHub passes: repetition outside, then one attempt, then the socket.</summary>
internal static class GitHubPipeline
{
    public static HttpMessageHandler Build(HttpMessageHandler transport, GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger logger) => RepeatingPipeline.Build(
        new GitHubAttempt(options, tokens, time) { InnerHandler = transport },
        new RepeatingPipeline.Patience(options.Retries, options.RetryDelay, options.LongestWait, options.AttemptTimeout),
        request => CallOf(request).IsRepeatable, time, logger);

    /// <summary>The call a request belongs to.</summary>
    public static GitHubCall CallOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(GitHubCall.Key, out var call) ? call : throw new InvalidOperationException("A request without its call.");
}
