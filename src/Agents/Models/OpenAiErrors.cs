using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Sorts failures of a model endpoint into "try again" and "somebody must mend something", each as one line without the key and
/// without the endpoint's address: the line is shown on the issue.
/// </summary>
internal sealed partial class OpenAiErrors(TimeProvider time, OpenAiOptions? options = null)
{
    private const int MaxChars = 400;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>An answer with an error status.</summary>
    public Exception Refused(PipelineResponse raw)
    {
        raw.Headers.TryGetValue("x-should-retry", out var again);
        var fault = OpenAiFault.OfError(raw.Content.ToString());
        return Classify(raw.Status, $"answered {raw.Status}", fault, RetryAfter(raw), bool.TryParse(again, out var should) ? should : null);
    }

    /// <summary>An error inside an answer with a success status.</summary>
    public Exception Inside(OpenAiFault fault) =>
        fault.Status is { } status ? Classify(status, $"answered 200 with error {status}", fault with { Code = "" }, null, null)
        : fault.Passes && !fault.IsAboutCredit
            ? new ModelUnavailableException(Line($"The model endpoint answered 200 with error {fault.Code}: {Reason(fault)}"))
        : Classify(200, "answered 200 with an error", fault, null, null);

    /// <summary>An answer with a success status that cannot be read as one.</summary>
    public ModelUnavailableException NotAnAnswer(string what) => new(Line($"The model endpoint answered with {what}"));

    /// <summary>No answer at all.</summary>
    public ModelUnavailableException Unreachable(Exception error)
    {
        var cause = error is AggregateException { InnerExceptions: [.., var last] } ? last : error;
        return new ModelUnavailableException(Line($"The model endpoint cannot be reached: {Why(cause)}"), null, error);
    }

    /// <summary>A failure of any chat client; null when it is none of the endpoint's.</summary>
    public Exception? Sort(Exception error) => error switch
    {
        ModelUnavailableException or ModelRejectedException => error,
        ClientResultException e when e.GetRawResponse() is { } raw => Refused(raw),
        ClientResultException e => Unreachable(e),
        HttpRequestException { StatusCode: { } status } e => Classify((int)status, $"answered {(int)status}", new OpenAiFault("", e.Message), null, null),
        HttpRequestException or SocketException or IOException or AggregateException or OperationCanceledException or TimeoutException => Unreachable(error),
        _ => null,
    };

    private Exception Classify(int status, string answered, OpenAiFault fault, TimeSpan? retryAfter, bool? shouldRetry)
    {
        var what = $"The model endpoint {answered}{(fault.Code.Length > 0 ? $" {fault.Code}" : "")}";
        var words = $"{what}: {Reason(fault)}";
        if (status == 402 || fault.IsAboutCredit)
            return Rejected($"{what}: the account there has no credit left, or its spending limit is reached. {fault.Message}", ModelRejection.Credit);
        // 409 is a lock the endpoint gives up by itself; 408, 429 and 5xx pass (agents.md §3).
        if (shouldRetry ?? status is 408 or 409 or 429 or >= 500)
            return new ModelUnavailableException(Line(words), retryAfter);
        return status switch
        {
            401 => Rejected($"{what}: it does not accept the key. Set OPENAI_API_KEY to a valid one for this endpoint.", ModelRejection.Settings),
            403 => Rejected($"{what}: the key may not use this model or endpoint (OPENAI_API_KEY, Models:*). {fault.Message}", ModelRejection.Settings),
            404 or 405 => Rejected(
                $"{what}: the model or the address is unknown. Check the model's name (Models:*), OPENAI_BASE_URL and Models:Api. {fault.Message}",
                ModelRejection.Settings),
            _ => Rejected(words, fault.Code == "model_not_found" ? ModelRejection.Settings : ModelRejection.Request),
        };

        ModelRejectedException Rejected(string line, ModelRejection cause) => new(Line(line), status, cause);
    }

    private static string Reason(OpenAiFault fault) => string.IsNullOrWhiteSpace(fault.Message) ? "no reason given" : fault.Message.Trim();

    // Never the exception's own message where it names hosts and ports.
    private string Why(Exception cause) => cause switch
    {
        OperationCanceledException or TimeoutException => options is null
            ? "no answer in time"
            : $"no answer within {options.NetworkTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} seconds",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name is not known here (OPENAI_BASE_URL)",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "the secure connection (TLS) failed",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the whole answer was here",
        ClientResultException { InnerException: { } inner } => Why(inner),
        HttpRequestException { InnerException: SocketException socket } => Why(socket),
        SocketException socket => $"the connection failed ({socket.SocketErrorCode})",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "the connection failed",
        // Of a client that is not ours the address is not known, and so cannot be taken out.
        _ => options is null ? cause.GetType().Name : cause.Message,
    };

    private TimeSpan? RetryAfter(PipelineResponse raw)
    {
        if (raw.Headers.TryGetValue("retry-after-ms", out var ms)
            && double.TryParse(ms, NumberStyles.Float, CultureInfo.InvariantCulture, out var millis) && millis >= 0)
            return TimeSpan.FromMilliseconds(Math.Min(millis, LongestWait.TotalMilliseconds));
        if (!raw.Headers.TryGetValue("retry-after", out var after))
            return null;
        if (double.TryParse(after, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0)
            return TimeSpan.FromSeconds(Math.Min(seconds, LongestWait.TotalSeconds));
        if (!DateTimeOffset.TryParse(after, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            return null;
        var wait = at - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait < LongestWait ? wait : LongestWait : TimeSpan.Zero;
    }

    // Endpoints quote the key they were sent, whole or in parts, and the address they were asked at.
    private string Line(string text)
    {
        if (options is not null)
        {
            text = text.Replace(options.ApiKey, "***", StringComparison.Ordinal)
                .Replace(options.BaseUrl.IsDefaultPort ? options.ApiKey : options.BaseUrl.Authority, "(the endpoint)", StringComparison.OrdinalIgnoreCase);
            // A host of one word may be any word.
            if (options.BaseUrl.Host.Contains('.', StringComparison.Ordinal))
                text = text.Replace(options.BaseUrl.Host, "(the endpoint)", StringComparison.OrdinalIgnoreCase);
        }
        var line = KeyLike().Replace(text, "***").ReplaceLineEndings(" ").Trim();
        return line.Length <= MaxChars ? line : line[..MaxChars] + "…";
    }

    [GeneratedRegex(@"\b(?:sk|key|pk)-[\w*.\-]{4,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyLike();
}
