using CodingAgent.Forges;

namespace CodingAgent.Workflows.Ports;

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
    /// <summary>What came of a delivery.</summary>
    /// <param name="DeliveryId">The forge's delivery id.</param>
    /// <param name="Text">What was decided, in words.</param>
    public sealed record Outcome(string DeliveryId, string Text);
}
