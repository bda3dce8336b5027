namespace CodingAgent.Workflows.Ports;

/// <summary>The durable inbox of webhook deliveries: what was accepted is never lost, whatever state the rest is in.</summary>
public interface IInbox
{
    /// <summary>Stores a delivery durably; false when its id is there already.</summary>
    Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken);

    /// <summary>Pending deliveries in order of arrival, oldest first.</summary>
    Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Marks a delivery handled, with what was decided in words. Only after acceptance downstream.</summary>
    Task MarkDoneAsync(string deliveryId, string outcome, CancellationToken cancellationToken);

    /// <summary>Notes a failed try; the delivery stays pending.</summary>
    Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken);
}
