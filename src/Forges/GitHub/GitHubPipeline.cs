using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;

namespace CodingAgent.Forges.GitHub;

/// <summary>The handlers that every request to GitHub passes: repetition outside, then one attempt, then the socket.</summary>
internal static partial class GitHubPipeline
{
    /// <summary>A transport that leaves redirects to the attempt, which knows where a token may go.</summary>
    public static SocketsHttpHandler NewTransport() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    public static HttpMessageHandler Build(HttpMessageHandler transport, GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger logger)
    {
        var repeatable = Repeat(e => e is TimeoutRejectedException || (e is ForgeUnavailableException f && Waits(f)));
        var onlyWhenRefused = Repeat(e => e is ForgeUnavailableException { RetryAfter: not null } f && Waits(f));
        return new ResilienceHandler(request => CallOf(request).IsRepeatable ? repeatable : onlyWhenRefused)
        {
            InnerHandler = new GitHubAttempt(options, tokens, time) { InnerHandler = transport },
        };

        bool Waits(ForgeUnavailableException e) => e.RetryAfter is not { } wait || wait <= options.LongestWait;

        ResiliencePipeline<HttpResponseMessage> Repeat(Func<Exception?, bool> worthRepeating) =>
            new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
                .AddRetry(new HttpRetryStrategyOptions
                {
                    ShouldHandle = args => ValueTask.FromResult(worthRepeating(args.Outcome.Exception)),
                    MaxRetryAttempts = options.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = options.RetryDelay,
                    DelayGenerator = args => ValueTask.FromResult((args.Outcome.Exception as ForgeUnavailableException)?.RetryAfter),
                    OnRetry = args =>
                    {
                        LogRetry(logger, args.AttemptNumber + 1, args.RetryDelay, args.Outcome.Exception?.Message ?? "");
                        return default;
                    },
                })
                .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = options.AttemptTimeout })
                .Build();
    }

    /// <summary>The call a request belongs to.</summary>
    public static GitHubCall CallOf(HttpRequestMessage request) =>
        request.Options.TryGetValue(GitHubCall.Key, out var call) ? call : throw new InvalidOperationException("A request without its call.");

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Forge call will be repeated (attempt {Attempt} after {Delay}): {Reason}")]
    private static partial void LogRetry(ILogger logger, int attempt, TimeSpan delay, string reason);
}
