using System.Net.Mime;
using System.Text.Json;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Workflows.Ports;
using Microsoft.Net.Http.Headers;
using Octokit.Webhooks;

namespace CodingAgent.BotHost.GitHub;

/// <summary>
/// Accepts GitHub's deliveries: raw bytes, signature, inbox, 202. What it answers 202 to is on disk. Nothing is stored, and next to
/// nothing said, before the signature is good.
/// </summary>
public sealed partial class GitHubWebhookEndpoint(
    IInbox inbox, InboxBell bell, GitHubWebhookOptions options, TimeProvider time, ILogger<GitHubWebhookEndpoint> logger)
{
    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpContext context)
    {
        var request = context.Request;
        // One without a signature need not be read, and must not reach the validator: without a secret it would pass there.
        string? signature = request.Headers["X-Hub-Signature-256"];
        if (string.IsNullOrEmpty(signature))
            return Unauthorized(WebhookSignatureValidationResult.MissingSignature, "anybody");
        using var body = await BoundedBody.ReadAsync(request, options.MaxBodyBytes, context.RequestAborted);
        if (body is null)
            return Problem(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {options.MaxBodyBytes} bytes.");
        var (verdict, whose) = Judge(signature, body.Bytes.Span);
        if (verdict != WebhookSignatureValidationResult.Valid)
            return Unauthorized(verdict, whose);

        string? deliveryId = request.Headers["X-GitHub-Delivery"];
        string? eventName = request.Headers["X-GitHub-Event"];
        if (RefusalOfHeaders(request, deliveryId, eventName) is { } refusal)
            return refusal;
        if (!GitHubWebhookMapper.Handles(eventName!))
        {
            LogIgnored(deliveryId!, eventName!);
            return Results.Text($"ignored: {eventName} is not an event this service uses\n", statusCode: StatusCodes.Status202Accepted);
        }

        return IsJsonObject(body.Bytes.Span)
            ? await StoreAsync(new InboxDelivery(deliveryId!, ForgeKind.GitHub, eventName!, body.Bytes, time.GetUtcNow()), context)
            : Problem(StatusCodes.Status400BadRequest, "The body is not a JSON object.");
    }

    // Which secret must have signed it depends on what it says it is about: one says nothing about another's repositories.
    private (WebhookSignatureValidationResult Verdict, string Whose) Judge(string signature, ReadOnlySpan<byte> body)
    {
        var subject = options.Secrets.Entries.Count == 0 ? default(DeliverySubject) : DeliverySubject.Read(body);
        if (subject is not { } about)
            return (WebhookSignatureValidationResult.SignatureMismatch, "a body that names nobody for certain");
        var (secrets, whose) = options.Secrets.For(about.Repository, about.Owner, about.Installation);
        foreach (var secret in secrets.Where(s => s.Length > 0))
        {
            if (WebhookSignatureValidator.Verify(signature, secret, body) == WebhookSignatureValidationResult.Valid)
                return (WebhookSignatureValidationResult.Valid, whose);
        }

        return (WebhookSignatureValidationResult.SignatureMismatch, whose);
    }

    private static IResult? RefusalOfHeaders(HttpRequest request, string? deliveryId, string? eventName)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            return Problem(StatusCodes.Status415UnsupportedMediaType, "Select the content type application/json in the webhook's settings.");
        if (!IsName(eventName))
            return Problem(StatusCodes.Status400BadRequest, "The X-GitHub-Event header is missing or not an event name.");
        return IsName(deliveryId) ? null : Problem(StatusCodes.Status400BadRequest, "The X-GitHub-Delivery header is missing or not a delivery id.");
    }

    private async Task<IResult> StoreAsync(InboxDelivery delivery, HttpContext context)
    {
        bool isNew;
        try
        {
            // Once the body is here the delivery is stored even if the sender hangs up: it may never send it again.
            isNew = await inbox.AddAsync(delivery, CancellationToken.None);
        }
        catch (Exception e)
        {
            LogNotStored(delivery.Id, delivery.EventName, e);
            context.Response.Headers.RetryAfter = "10";
            return Problem(StatusCodes.Status503ServiceUnavailable, "The delivery could not be stored. Redeliver it later.");
        }

        if (isNew)
            bell.Ring();
        LogAccepted(delivery.Id, delivery.EventName, isNew ? "new" : "a repeat");
        return Results.Text(isNew ? "accepted\n" : "accepted before\n", statusCode: StatusCodes.Status202Accepted);
    }

    private IResult Unauthorized(WebhookSignatureValidationResult verdict, string whose)
    {
        LogUnsigned(verdict, whose);
        return Problem(StatusCodes.Status401Unauthorized, "The signature is missing or wrong.");
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);

    // Both become keys, markers and log text.
    private static bool IsName(string? value) =>
        value is { Length: > 0 and <= 100 } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static bool IsJsonObject(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read())
            {
                // Reading to the end checks the grammar without building anything.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Delivery {Delivery} ({Event}) accepted, {Novelty}")]
    private partial void LogAccepted(string delivery, string @event, string novelty);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "Delivery {Delivery} ({Event}) ignored: not an event this service uses")]
    private partial void LogIgnored(string delivery, string @event);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "A delivery was refused: signature {Verdict}, by the secrets of {Whose}")]
    private partial void LogUnsigned(WebhookSignatureValidationResult verdict, string whose);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Error, Message = "Delivery {Delivery} ({Event}) could not be stored")]
    private partial void LogNotStored(string delivery, string @event, Exception error);
}
