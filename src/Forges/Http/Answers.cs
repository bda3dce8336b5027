using System.Net;
using System.Net.Sockets;

namespace CodingAgent.Forges.Http;

/// <summary>What one attempt at any forge makes of its outcome: failures of the wire as our exceptions, times that an answer names, and the words of logs.</summary>
internal static class Answers
{
    /// <summary>Most bytes of an answer that are read: a hundred comments or notes of the greatest length, escaped, stay below.</summary>
    public const long Largest = 64L * 1024 * 1024;

    /// <summary>Whether an attempt failed on the wire; what is ours already, and cancellation by the caller, is none of it.</summary>
    public static bool IsFailure(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or SocketException or IOException || (error is TaskCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Such a failure as the caller is to see it.</summary>
    /// <param name="doing">What was attempted.</param>
    /// <param name="error">What the transport threw.</param>
    public static Exception Failure(string doing, Exception error) => error switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new ForgeRejectedException($"{doing} was answered with more than this product reads ({Largest} bytes).", HttpStatusCode.OK),
        TaskCanceledException => new ForgeUnavailableException($"{doing} was given up by the HTTP client: {Line(error.Message)}", null, error),
        _ => new ForgeUnavailableException($"{doing} did not reach the forge: {Line(error.Message)}", null, error),
    };

    /// <summary>How long the forge asks to wait, in its header Retry-After; null when it does not.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - NowOf(response, time) is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>The forge's time: what it names is by its own clock. Ours, which may be wrong, stands in only where it does not tell.</summary>
    public static DateTimeOffset NowOf(HttpResponseMessage response, TimeProvider time) => response.Headers.Date ?? time.GetUtcNow();

    /// <summary>What a token is asked for, in the word that its log has.</summary>
    public static string StepOf(TokenPermissions permissions) => permissions switch
    {
        _ when permissions.HasFlag(TokenPermissions.RunCi) => "ci",
        _ when permissions.HasFlag(TokenPermissions.WriteChecks) => "check",
        _ when permissions.HasFlag(TokenPermissions.WritePulls) => "pull",
        _ when permissions.HasFlag(TokenPermissions.WriteConversation) => "comment",
        _ when permissions.HasFlag(TokenPermissions.WriteContents) => "push",
        _ => "read",
    };

    /// <summary>A forge's words as one line for a message or a log, cut when they are long.</summary>
    public static string Line(string text, int longest = 300)
    {
        var line = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= longest ? line : line[..longest] + "…";
    }
}
