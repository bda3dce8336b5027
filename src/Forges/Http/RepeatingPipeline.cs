using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Timeout;

namespace CodingAgent.Forges.Http;

/// <summary>
/// Repeats single attempts of calls to a forge. An attempt fails with <see cref="ForgeUnavailableException"/> for what may pass, and with
/// <see cref="ForgeRejectedException"/> for what may not.
/// </summary>
internal static partial class RepeatingPipeline
{
    /// <summary>A transport that leaves redirects to the attempt, which knows where a token may go.</summary>
    public static SocketsHttpHandler NewTransport() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>The attempt, repeated.</summary>
    /// <param name="attempt">One attempt, down to the socket.</param>
    /// <param name="patience">How often and how long.</param>
    /// <param name="isRepeatable">Whether doing it twice does no harm; others are repeated only when refused until a time that was named.</param>
    /// <param name="time">Clock of the pauses.</param>
    /// <param name="logger">Receives repeated calls.</param>
    public static HttpMessageHandler Build(HttpMessageHandler attempt, Patience patience, Func<HttpRequestMessage, bool> isRepeatable, TimeProvider time, ILogger logger)
    {
        var repeatable = Repeat(e => e is TimeoutRejectedException || (e is ForgeUnavailableException f && Waits(f)));
        var onlyWhenRefused = Repeat(e => e is ForgeUnavailableException { RetryAfter: not null } f && Waits(f));
        return new ResilienceHandler(request => isRepeatable(request) ? repeatable : onlyWhenRefused) { InnerHandler = attempt };

        bool Waits(ForgeUnavailableException e) => e.RetryAfter is not { } wait || wait <= patience.LongestWait;

        ResiliencePipeline<HttpResponseMessage> Repeat(Func<Exception?, bool> worthRepeating) =>
            new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
                .AddRetry(new HttpRetryStrategyOptions
                {
                    ShouldHandle = args => ValueTask.FromResult(worthRepeating(args.Outcome.Exception)),
                    MaxRetryAttempts = patience.Retries,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = patience.RetryDelay,
                    DelayGenerator = args => ValueTask.FromResult((args.Outcome.Exception as ForgeUnavailableException)?.RetryAfter),
                    OnRetry = args =>
                    {
                        LogRetry(logger, args.AttemptNumber + 1, args.RetryDelay, args.Outcome.Exception?.Message ?? "");
                        return default;
                    },
                })
                .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = patience.AttemptTimeout })
                .Build();
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Forge call will be repeated (attempt {Attempt} after {Delay}): {Reason}")]
    private static partial void LogRetry(ILogger logger, int attempt, TimeSpan delay, string reason);

    /// <summary>How often and how long.</summary>
    /// <param name="Retries">Attempts after the first.</param>
    /// <param name="RetryDelay">First pause; it doubles, with jitter.</param>
    /// <param name="LongestWait">Longest wait that the forge may ask for.</param>
    /// <param name="AttemptTimeout">Time limit of one attempt.</param>
    public sealed record Patience(int Retries, TimeSpan RetryDelay, TimeSpan LongestWait, TimeSpan AttemptTimeout);
}
