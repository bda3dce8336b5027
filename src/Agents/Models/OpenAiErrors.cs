using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Models;

/// <summary>
/// Sorts failures of a model endpoint into "try again" and "somebody must mend something", each as one line without the key, the
/// endpoint's address, or what the model is called there: the line is shown on the issue.
/// </summary>
internal sealed partial class OpenAiErrors(TimeProvider time, OpenAiOptions? options = null, string? model = null)
{
    private const int MaxChars = 400;

    /// <summary>An answer with an error status.</summary>
    /// <param name="raw">The answer.</param>
    /// <param name="request">The request as sent, to count what a lost answer cost; null when it is not known.</param>
    public Exception Refused(PipelineResponse raw, string? request = null)
    {
        raw.Headers.TryGetValue("x-should-retry", out var again);
        var fault = OpenAiFault.OfError(raw.Content.ToString());
        var spent = request is not null && FaultWords.Of(raw.Status, fault) == FaultKind.Mistake ? TokenEstimate.Complete(null, request, "") : null;
        return Classify(
            raw.Status, $"answered {raw.Status}", fault, RetryWords.Of(raw.Headers, fault, time.GetUtcNow()), bool.TryParse(again, out var should) ? should : null, spent);
    }

    /// <summary>An error inside an answer with a success status.</summary>
    /// <param name="fault">The error.</param>
    /// <param name="spent">What was counted beside it.</param>
    public Exception Inside(OpenAiFault fault, UsageDetails? spent) =>
        fault.Status is { } status
            ? Classify(status, $"answered 200 with error {status}", fault with { Code = "" }, RetryWords.OfFault(fault, time.GetUtcNow()), null, spent)
            : Classify(200, $"answered 200 with {(fault.Passes ? "" : "an ")}error", fault, RetryWords.OfFault(fault, time.GetUtcNow()), null, spent);

    /// <summary>An answer with a success status that cannot be read as one.</summary>
    public ModelUnavailableException NotAnAnswer(string what, UsageDetails? spent) => new(Line($"The model endpoint answered with {what}")) { Spent = spent };

    /// <summary>Sends a request, and gives any response but one that sends it elsewhere.</summary>
    /// <param name="body">What is sent, as JSON.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="spent">What the request has cost if the model worked on it and no response came.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ModelUnavailableException">No response came, or it was a redirect.</exception>
    public async Task<PipelineResponse> SendAsync(string body, Func<BinaryContent, Task<ClientResult>> send, Func<UsageDetails>? spent, CancellationToken cancellationToken)
    {
        PipelineResponse response;
        try
        {
            using var content = BinaryContent.Create(BinaryData.FromString(body));
            response = (await send(content)).GetRawResponse();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (Sort(e, spent) is { } sorted)
        {
#pragma warning disable MA0027 // Another exception than the one caught.
            throw sorted;
#pragma warning restore MA0027
        }

        return response.Status is >= 300 and < 400 ? throw NotAnAnswer("a redirect, which is not followed. Check OPENAI_BASE_URL.", null) : response;
    }

    /// <summary>No answer at all, or not the whole of it.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="spent">What the request has cost if the model worked on it.</param>
    public ModelUnavailableException Unreachable(Exception error, Func<UsageDetails>? spent = null)
    {
        var cause = error is AggregateException { InnerExceptions: [.., var last] } ? last : error;
        var inner = cause is ClientResultException { InnerException: { } wrapped } ? wrapped : cause;
        var mayBePaid = inner is OperationCanceledException or TimeoutException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded };
        return new ModelUnavailableException(Line($"The model endpoint cannot be reached: {Why(cause)}"), null, error) { Spent = mayBePaid ? spent?.Invoke() : null };
    }

    /// <summary>A failure of any chat client; null when it is none of the endpoint's.</summary>
    public Exception? Sort(Exception error, Func<UsageDetails>? spent = null) => error switch
    {
        ModelUnavailableException or ModelRejectedException => error,
        ClientResultException e when e.GetRawResponse() is { } raw => Refused(raw),
        ClientResultException e => Unreachable(e, spent),
        HttpRequestException { StatusCode: { } status } e => Classify((int)status, $"answered {(int)status}", new OpenAiFault("", e.Message), null, null, null),
        HttpRequestException or SocketException or IOException or AggregateException or OperationCanceledException or TimeoutException => Unreachable(error, spent),
        _ => null,
    };

    private Exception Classify(int status, string answered, OpenAiFault fault, TimeSpan? retryAfter, bool? shouldRetry, UsageDetails? spent)
    {
        var what = $"The model endpoint {answered}{(fault.Code.Length > 0 ? $" {fault.Code}" : "")}";
        switch (FaultWords.Of(status, fault))
        {
            case FaultKind.Credit:
                return Rejected("the account there has no credit left, or its spending limit is reached.", ModelRejection.Credit);
            case FaultKind.ContextLength:
                return Rejected("the conversation is longer than the model takes. Choose a model with a larger context (Models:*, models.* of the policy file).", ModelRejection.ContextLength);
            case FaultKind.Content:
                return Rejected("its content filter did not let the request through.", ModelRejection.Content);
            case FaultKind.Model:
                return Rejected("the model or the address is unknown. Check the model's name (Models:*, models.* of the policy file; at Azure the deployment's), OPENAI_BASE_URL and Models:Api.", ModelRejection.Settings);
            case FaultKind.Key:
                return Rejected("it does not accept the key. Set OPENAI_API_KEY to a valid one for this endpoint.", ModelRejection.Settings);
            case FaultKind.NoTools:
                return Rejected("the model cannot call tools there. Choose one that can (Models:*), or start its server with tool calls on.", ModelRejection.Settings);
            case FaultKind.Server:
                return Rejected("its server has no room for the model. Give it more memory, or choose a smaller model (Models:*).", ModelRejection.Settings);
            case FaultKind.Mistake:
                return new ModelUnavailableException(Line($"{what}: {Reason(fault)}")) { Spent = spent };
        }
        // 409 is a lock the endpoint gives up by itself; 408, 429 and 5xx pass (agents.md §3).
        if (shouldRetry ?? (status is 408 or 409 or 429 or >= 500 || fault.Passes))
            return new ModelUnavailableException(Line($"{what}: {Reason(fault)}"), retryAfter) { Spent = spent };
        return status switch
        {
            403 => Rejected("the key may not use this model or endpoint (OPENAI_API_KEY, Models:*).", ModelRejection.Settings),
            404 or 405 => Rejected("the model or the address is unknown. Check the model's name (Models:*), OPENAI_BASE_URL and Models:Api.", ModelRejection.Settings),
            _ => new ModelRejectedException(Line($"{what}: {Reason(fault)}"), status) { Spent = spent },
        };

        ModelRejectedException Rejected(string words, ModelRejection cause) => new(Line($"{what}: {words} {fault.Message}"), status, cause) { Spent = spent };
    }

    private static string Reason(OpenAiFault fault) => string.IsNullOrWhiteSpace(fault.Message) ? "no reason given" : fault.Message.Trim();

    // Never the exception's own message where it names hosts and ports.
    private string Why(Exception cause) => cause switch
    {
        OperationCanceledException or TimeoutException => options is null
            ? "no answer in time"
            : $"no answer within {options.NetworkTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} seconds",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name is not known here (OPENAI_BASE_URL)",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "the secure connection (TLS) failed (OPENAI_BASE_URL)",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the whole answer was here",
        ClientResultException { InnerException: { } inner } => Why(inner),
        HttpRequestException { InnerException: SocketException socket } => Why(socket),
        SocketException socket => $"the connection failed ({socket.SocketErrorCode}; OPENAI_BASE_URL)",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "the connection failed (OPENAI_BASE_URL)",
        // Of a client that is not ours the address is not known, and so cannot be taken out.
        _ => options is null ? cause.GetType().Name : cause.Message,
    };

    // Endpoints quote the key they were sent, whole or in parts, the address they were asked at, the model and whom the account belongs to.
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
        // A name of two letters may stand in any word.
        if (model is { Length: > 2 })
            text = Regex.Replace(text, $@"(?<![\w.-]){Regex.Escape(model)}(?!\w)", "(the model)", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
        var line = Named().Replace(Address().Replace(KeyLike().Replace(text, "***"), "(address)"), "${what}=***").ReplaceLineEndings(" ").Trim();
        return TextCut.Head(line, MaxChars, "…");
    }

    [GeneratedRegex(@"\b(?:(?:sk|key|pk|gsk|xai|pplx|nvapi|hf|fw|csk)[-_][\w*.\-]{4,}|AIza[\w*\-]{8,}|eyJ[\w\-]{10,}\.[\w\-.]+|(?:org|proj|user|acct|req)[-_][A-Za-z0-9]{10,})|\bBearer\s+\S{6,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyLike();

    [GeneratedRegex(@"\bhttps?://[^\s""'<>)\]}]+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Address();

    // What LiteLLM tells of itself in its errors.
    [GeneratedRegex(@"\b(?<what>model|model_group|model group|api_base|deployment|custom_llm_provider)=[^\s,;)]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
