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
    IInbox inbox, InboxBell bell, GitHubWebhookOptions options, TimeProvider time, ILogger<GitHubWebhookEndpoint> logger) : IDisposable
{
    private const string SecretSetting = "Forge:GitHub:WebhookSecret";

    private readonly RefusalLog _refusals = new("delivery", time, logger);

    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpContext context)
    {
        var request = context.Request;
        // One without a signature need not be read, and must not reach the validator: without a secret it would pass there.
        string? signature = request.Headers["X-Hub-Signature-256"];
        if (string.IsNullOrEmpty(signature))
        {
            var sends = request.Headers.ContainsKey("X-GitHub-Event") ? "" : " It may not be GitHub that sends.";
            _refusals.Add("signature MissingSignature, by the secrets of anybody", $"Enter the secret of {SecretSetting} in the webhook's settings.{sends}");
            return Problem(StatusCodes.Status401Unauthorized, $"The signature is missing: enter a secret in the webhook's settings, the one of this service's {SecretSetting}.");
        }

        // Told whoever sends it: a form's signature may be good, and what it says cannot be looked up to know.
        if (IsMedia(request, "application/x-www-form-urlencoded"))
            return NotJson();
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
        if (eventName == "ping" && WebhookPing.Read(body.Bytes.Span) is { } ping)
            return Greet(ping);
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

    private IResult? RefusalOfHeaders(HttpRequest request, string? deliveryId, string? eventName)
    {
        if (!IsMedia(request, MediaTypeNames.Application.Json))
            return NotJson();
        if (!IsName(eventName))
            return Problem(StatusCodes.Status400BadRequest, "The X-GitHub-Event header is missing or not an event name.");
        return IsName(deliveryId) ? null : Problem(StatusCodes.Status400BadRequest, "The X-GitHub-Delivery header is missing or not a delivery id.");
    }

    private static bool IsMedia(HttpRequest request, string name) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);

    private IResult NotJson()
    {
        const string Mend = "Select the content type application/json in the webhook's settings.";
        _refusals.Add("its content type is not application/json", Mend);
        return Problem(StatusCodes.Status415UnsupportedMediaType, Mend);
    }

    // The first delivery of a new webhook, whose answer its maker reads on the forge's page.
    private IResult Greet(WebhookPing ping)
    {
        if (ping.Missing.Count == 0)
        {
            LogWorks(ping.Where);
            return Results.Text($"The webhook of {ping.Where} works: address, secret and events are as they should be.\n", statusCode: StatusCodes.Status202Accepted);
        }

        var missing = string.Join(", ", ping.Missing);
        LogMissing(ping.Where, missing);
        return Results.Text($"The webhook of {ping.Where} works, but does not send {missing}: tick them in its settings.\n", statusCode: StatusCodes.Status202Accepted);
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
        _refusals.Add($"signature {verdict}, by the secrets of {whose}", $"Enter the same secret in the webhook's settings and in {SecretSetting} (or in the one that is named for it).");
        return Problem(StatusCodes.Status401Unauthorized, $"The signature is wrong: the webhook's secret is not the one of this service's {SecretSetting}.");
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

    /// <inheritdoc/>
    public void Dispose() => _refusals.Dispose();

    [LoggerMessage(EventId = 1001, Level = LogLevel.Debug, Message = "Delivery {Delivery} ({Event}) accepted, {Novelty}")]
    private partial void LogAccepted(string delivery, string @event, string novelty);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Debug, Message = "Delivery {Delivery} ({Event}) ignored: not an event this service uses")]
    private partial void LogIgnored(string delivery, string @event);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Information, Message = "The webhook of {Where} works: its ping arrived, signed as it should be")]
    private partial void LogWorks(string where);

    [LoggerMessage(EventId = 1007, Level = LogLevel.Warning, Message = "The webhook of {Where} works, but does not send {Missing}: tick them in its settings")]
    private partial void LogMissing(string where, string missing);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Error, Message = "Delivery {Delivery} ({Event}) could not be stored")]
    private partial void LogNotStored(string delivery, string @event, Exception error);
}
