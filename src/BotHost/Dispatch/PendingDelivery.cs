using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>A delivery of the inbox, mapped, with the key that orders it.</summary>
internal sealed record PendingDelivery(InboxDelivery Delivery, MappedDelivery Mapped, string Key)
{
    public static PendingDelivery Of(InboxDelivery delivery, DeliveryMapper map)
    {
        var mapped = delivery.Damage is { } damage ? new MappedDelivery.Unreadable(damage) : Map(delivery, map);
        var key = mapped is MappedDelivery.Event { Value: var e } ? EventOrder.KeyOf(e) : $"delivery {delivery.Id}";
        return new PendingDelivery(delivery, mapped, key);
    }

    // Were one to stop the pass, all behind it would wait for good: what the mapper should have told of is put aside as what it has.
    private static MappedDelivery Map(InboxDelivery delivery, DeliveryMapper map)
    {
        try
        {
            return map(delivery);
        }
        catch (Exception e)
        {
            return new MappedDelivery.Unreadable($"{delivery.EventName}: reading it failed ({e.GetType().Name})");
        }
    }
}

/// <summary>Reads a delivery, of whichever forge; total, whatever is in it.</summary>
/// <param name="delivery">The delivery.</param>
public delegate MappedDelivery DeliveryMapper(InboxDelivery delivery);
