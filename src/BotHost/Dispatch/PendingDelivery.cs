using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>A delivery of the inbox, mapped, with the key that orders it.</summary>
internal sealed record PendingDelivery(InboxDelivery Delivery, MappedDelivery Mapped, string Key)
{
    public static PendingDelivery Of(InboxDelivery delivery, DeliveryMapper map)
    {
        var mapped = delivery.Damage is { } damage ? new MappedDelivery.Unreadable(damage) : map(delivery);
        var key = mapped is MappedDelivery.Event { Value: var e } ? EventOrder.KeyOf(e) : $"delivery {delivery.Id}";
        return new PendingDelivery(delivery, mapped, key);
    }
}

/// <summary>Reads a delivery, of whichever forge; total, whatever is in it.</summary>
/// <param name="delivery">The delivery.</param>
public delegate MappedDelivery DeliveryMapper(InboxDelivery delivery);
