using System.Threading.Channels;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>Wakes the dispatcher when a delivery came in through this process; the inbox itself is the truth.</summary>
public sealed class InboxBell(TimeProvider time)
{
    private readonly Channel<bool> _rung =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Rings; several rings before the next wait are one.</summary>
    public void Ring() => _rung.Writer.TryWrite(true);

    /// <summary>Returns at the next ring, or after the given time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _rung.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up.
        }
    }
}
