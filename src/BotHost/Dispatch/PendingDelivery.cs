using CodingAgent.Forges;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>A delivery of the inbox, mapped, with the key that orders it.</summary>
internal sealed record PendingDelivery(InboxDelivery Delivery, MappedDelivery Mapped, string Key)
{
    public static PendingDelivery Of(InboxDelivery delivery)
    {
        MappedDelivery mapped = delivery.Forge == ForgeKind.GitHub
            ? GitHubWebhookMapper.Map(delivery.Id, delivery.EventName, delivery.Body.Span)
            : new MappedDelivery.Unreadable($"{delivery.Forge} is not served by this version");
        var key = mapped is MappedDelivery.Event { Value: var e } ? EventOrder.KeyOf(e) : $"delivery {delivery.Id}";
        return new PendingDelivery(delivery, mapped, key);
    }
}
