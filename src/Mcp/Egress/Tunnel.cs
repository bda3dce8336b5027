using System.IO.Pipelines;
using System.Net.Sockets;

namespace CodingAgent.Mcp.Egress;

/// <summary>Carries bytes both ways between a client and a host, as fast as the slower of them takes them.</summary>
internal static class Tunnel
{
    /// <summary>Carries until both have finished, one is gone, or nothing has moved for a while. Never throws for what either of them does.</summary>
    /// <param name="sent">What the client sends.</param>
    /// <param name="client">The client's socket, only written to: past its pipe.</param>
    /// <param name="host">The host's socket.</param>
    /// <param name="idle">How long nothing may move.</param>
    /// <param name="time">Clock.</param>
    /// <param name="moved">Told what moved: sent to the host, received from it.</param>
    /// <param name="closing">The proxy closes. (A connection's own token is no use: it fires when the client has finished sending.)</param>
    public static async Task RunAsync(PipeReader sent, Socket client, Socket host, TimeSpan idle, TimeProvider time, Action<long, long> moved, CancellationToken closing)
    {
        using var quiet = new CancellationTokenSource(idle, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(quiet.Token, closing);
        var sending = SendAsync();
        var receiving = ReceiveAsync();
        // A host that has finished ends it all; a client that has finished sending still gets the rest of the answer.
        await receiving;
        await stop.CancelAsync();
        await Task.WhenAll(sending, receiving);

        async Task SendAsync()
        {
            try
            {
                while (true)
                {
                    var read = await sent.ReadAsync(stop.Token);
                    foreach (var part in read.Buffer)
                        for (var rest = part; rest.Length > 0;) rest = rest[await host.SendAsync(rest, stop.Token)..];
                    moved(read.Buffer.Length, 0);
                    sent.AdvanceTo(read.Buffer.End);
                    quiet.CancelAfter(idle);
                    if (read.IsCompleted) break;
                }

                host.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (IsEnd(e))
            {
                // Either is gone, or time is up.
                host.Close();
            }
        }

        async Task ReceiveAsync()
        {
            try
            {
                using var splice = new SocketSplice();
                long count;
                while ((count = await splice.MoveAsync(host, client, stop.Token)) > 0)
                {
                    moved(0, count);
                    quiet.CancelAfter(idle);
                }
            }
            catch (Exception e) when (IsEnd(e))
            {
                // As above.
            }
        }
    }

    private static bool IsEnd(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException;
}
