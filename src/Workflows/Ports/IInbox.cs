using CodingAgent.Forges;

namespace CodingAgent.Workflows.Ports;

/// <summary>The durable inbox of webhook deliveries: what was accepted is never lost, whatever state the rest is in.</summary>
public interface IInbox
{
    /// <summary>Stores a delivery durably; false when its id is there already.</summary>
    Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken);

    /// <summary>
    /// A page of pending deliveries in order of arrival, oldest first: those with a <see cref="InboxDelivery.Sequence"/> above
    /// <paramref name="after"/> (0 for the first page), so that some that must wait do not hide the ones behind them. A page may be
    /// shorter than <paramref name="limit"/>; only an empty one is the end.
    /// </summary>
    Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Marks a delivery handled, with what was decided in words. Only after acceptance downstream.</summary>
    Task MarkDoneAsync(string deliveryId, string outcome, CancellationToken cancellationToken);

    /// <summary>Notes a failed try; the delivery stays pending.</summary>
    Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken);
}

/// <summary>A raw webhook delivery whose signature was good.</summary>
/// <param name="Id">The forge's delivery id.</param>
/// <param name="Forge">Which forge sent it.</param>
/// <param name="EventName">Event name from the header.</param>
/// <param name="Body">Raw JSON bytes.</param>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="Tries">Failed tries so far.</param>
/// <param name="Sequence">Place in the order of arrival, from 1; given by the inbox.</param>
public sealed record InboxDelivery(
    string Id, ForgeKind Forge, string EventName, ReadOnlyMemory<byte> Body, DateTimeOffset ReceivedAt, int Tries = 0, long Sequence = 0);
