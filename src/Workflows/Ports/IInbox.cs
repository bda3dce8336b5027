using CodingAgent.Forges;

namespace CodingAgent.Workflows.Ports;

/// <summary>The durable inbox of webhook deliveries: what was accepted is never lost, whatever state the rest is in.</summary>
public interface IInbox
{
    /// <summary>
    /// Stores a delivery durably; false when its id is there already, or its very body under another id: the signature covers the body
    /// alone, so who has seen one may send it again under any id. Bodies carry ids and times, and two events have two. Cancelling before it is being written drops it; after that the
    /// answer is what came of it. The body is not used after the call has returned its task.
    /// </summary>
    Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken);

    /// <summary>
    /// A page of pending deliveries in order of arrival, oldest first: those with a <see cref="InboxDelivery.Sequence"/> above
    /// <paramref name="after"/> (0 for the first page), so that some that must wait do not hide the ones behind them. A page may be
    /// shorter than <paramref name="limit"/>; only an empty one is the end.
    /// </summary>
    Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Marks deliveries handled, all of them or, when it throws, none. Only after acceptance downstream.</summary>
    Task MarkDoneAsync(IReadOnlyList<InboxDelivery.Outcome> outcomes, CancellationToken cancellationToken);

    /// <summary>Puts a delivery aside that nobody here can read: it is no longer pending, and is kept as it came, with the reason.</summary>
    Task MarkUnreadableAsync(string deliveryId, string reason, CancellationToken cancellationToken);

    /// <summary>The deliveries put aside, newest first.</summary>
    Task<IReadOnlyList<UnreadableDelivery>> ListUnreadableAsync(int limit, CancellationToken cancellationToken);

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
    string Id, ForgeKind Forge, string EventName, ReadOnlyMemory<byte> Body, DateTimeOffset ReceivedAt, int Tries = 0, long Sequence = 0)
{
    /// <summary>Why the body is not what was stored, so that nobody acts on it; null for one that is whole.</summary>
    public string? Damage { get; init; }

    /// <summary>The span that put it here, as W3C's <c>traceparent</c>, so that what comes of it goes on with that trace; null for none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What came of a delivery.</summary>
    /// <param name="DeliveryId">The forge's delivery id.</param>
    /// <param name="Text">What was decided, in words.</param>
    public sealed record Outcome(string DeliveryId, string Text);
}

/// <summary>A delivery that was accepted and could not be read.</summary>
/// <param name="Id">The forge's delivery id.</param>
/// <param name="EventName">Event name from the header.</param>
/// <param name="ReceivedAt">When it arrived.</param>
/// <param name="Bytes">Size of the body that is kept.</param>
/// <param name="Reason">What is wrong with it; quotes nothing of it.</param>
public sealed record UnreadableDelivery(string Id, string EventName, DateTimeOffset ReceivedAt, long Bytes, string Reason);
