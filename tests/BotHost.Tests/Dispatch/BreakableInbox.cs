using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>A real inbox behind a disk that can fail.</summary>
internal sealed class BreakableInbox(IInbox inner) : IInbox
{
    public volatile bool FailsToAdd;

    public volatile bool FailsToMark;

    public Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken) =>
        FailsToAdd ? throw new IOException("disk full") : inner.AddAsync(delivery, cancellationToken);

    public Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken) =>
        inner.ListPendingAsync(after, limit, cancellationToken);

    public Task MarkDoneAsync(IReadOnlyList<InboxDelivery.Outcome> outcomes, CancellationToken cancellationToken) =>
        FailsToMark ? throw new IOException("disk full") : inner.MarkDoneAsync(outcomes, cancellationToken);

    public Task MarkUnreadableAsync(string deliveryId, string reason, CancellationToken cancellationToken) =>
        FailsToMark ? throw new IOException("disk full") : inner.MarkUnreadableAsync(deliveryId, reason, cancellationToken);

    public Task<IReadOnlyList<UnreadableDelivery>> ListUnreadableAsync(int limit, CancellationToken cancellationToken) =>
        inner.ListUnreadableAsync(limit, cancellationToken);

    public Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken) =>
        FailsToMark ? throw new IOException("disk full") : inner.MarkFailedTryAsync(deliveryId, error, cancellationToken);
}
