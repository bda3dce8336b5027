namespace CodingAgent.Playground.LocalForge.Hooks;

/// <summary>A delivery as kept by the forge.</summary>
/// <param name="Id">Number for redelivery.</param>
/// <param name="Guid">Delivery id as sent; the same for every attempt and redelivery.</param>
/// <param name="Event">Event name, e.g. <c>issues</c>.</param>
/// <param name="Action">Action within the event, when it has one.</param>
/// <param name="Payload">The signed body.</param>
/// <param name="HookId">Receiver.</param>
/// <param name="Attempts">How often it was sent, counting only attempts that got an answer.</param>
/// <param name="StatusCode">The last answer; 0 while there was none.</param>
/// <param name="DeliveredAt">When it was last answered.</param>
public sealed record WebhookDelivery(
    long Id, string Guid, string Event, string? Action, string Payload, long HookId, int Attempts, int StatusCode, DateTimeOffset? DeliveredAt)
{
    /// <summary>When it was queued.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>GitLab's name of the kind of event, e.g. <c>note_hooks</c>; null for a delivery of GitHub's.</summary>
    public string? Trigger { get; init; }

    /// <summary>GitLab's id of the event, the same for every hook that heard of it.</summary>
    public Guid? EventUuid { get; init; }
}
