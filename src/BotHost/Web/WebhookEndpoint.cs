using System.Diagnostics;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Web;

/// <summary>
/// Accepts a forge's deliveries: raw bytes, signature, inbox, 202. What it answers 202 to is on disk. Nothing is stored, and next to
/// nothing said, before the signature is good.
/// </summary>
public sealed partial class WebhookEndpoint(IInbox inbox, InboxBell bell, TimeProvider time, ILogger<WebhookEndpoint> logger) : IDisposable
{
    private readonly RefusalLog _refusals = new("delivery", time, logger);

    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpContext context, IForgeWebhook webhook)
    {
        var request = context.Request;
        string? Header(string name) => request.Headers[name];
        if (webhook.RefuseUnread(Header) is { } unread)
            return Refuse(unread);
        using var body = await BoundedBody.ReadAsync(request, webhook.MaxBodyBytes, context.RequestAborted);
        if (body is null)
            return Problem(StatusCodes.Status413PayloadTooLarge, $"The body is larger than {webhook.MaxBodyBytes} bytes.");
        switch (webhook.Receive(Header, body.Bytes.Span, time.GetUtcNow()))
        {
            case WebhookReceipt.Refused refused:
                return Refuse(refused);
            case WebhookReceipt.Greeted greeted:
                return Greet(greeted);
            case WebhookReceipt.Ignored ignored:
                LogIgnored(ignored.DeliveryId, ignored.EventName);
                return Results.Text($"ignored: {ignored.EventName} is not an event this service uses\n", statusCode: StatusCodes.Status202Accepted);
            case WebhookReceipt.Accepted accepted:
                return await StoreAsync(new InboxDelivery(accepted.DeliveryId, webhook.Forge, accepted.EventName, body.Bytes, time.GetUtcNow()) { TraceParent = Activity.Current?.Id }, context);
            case var other:
                throw new InvalidOperationException($"No answer to {other.GetType().Name}.");
        }
    }

    private IResult Greet(WebhookReceipt.Greeted greeted)
    {
        if (greeted.Missing.Count == 0)
        {
            LogWorks(greeted.Where);
            return Results.Text($"The webhook of {greeted.Where} works: address, secret and events are as they should be.\n", statusCode: StatusCodes.Status202Accepted);
        }

        var missing = string.Join(", ", greeted.Missing);
        LogMissing(greeted.Where, missing);
        return Results.Text($"The webhook of {greeted.Where} works, but does not send {missing}: tick them in its settings.\n", statusCode: StatusCodes.Status202Accepted);
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

    private IResult Refuse(WebhookReceipt.Refused refused)
    {
        if (refused.Logged is { } what)
            _refusals.Add(what, refused.Mend);
        return Problem(
            refused.Why switch
            {
                WebhookRefusal.Unauthorized => StatusCodes.Status401Unauthorized,
                WebhookRefusal.NotJson => StatusCodes.Status415UnsupportedMediaType,
                _ => StatusCodes.Status400BadRequest,
            },
            refused.Detail);
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);

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

/// <summary>Maps webhooks.</summary>
public static class WebhookRoutes
{
    /// <summary>Maps <c>POST</c> at the webhook's own path.</summary>
    public static IEndpointConventionBuilder MapWebhook(this IEndpointRouteBuilder routes, IForgeWebhook webhook) =>
        routes.MapPost(webhook.Path, (HttpContext context, WebhookEndpoint endpoint) => endpoint.HandleAsync(context, webhook));
}
