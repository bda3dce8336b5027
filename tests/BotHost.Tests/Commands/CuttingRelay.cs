using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary>A way to a service that can be cut: who is on it loses the connection in the middle, and finds it again.</summary>
internal sealed class CuttingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly int _to;
    private int _refused;

    public CuttingRelay(Uri to)
    {
        _to = to.Port;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Cuts everybody off, and so many who come next.</summary>
    public void Cut(int next = 0)
    {
        Volatile.Write(ref _refused, next);
        while (_open.TryTake(out var client))
            client.Dispose();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var from = await _listener.AcceptTcpClientAsync();
                if (Interlocked.Decrement(ref _refused) >= 0)
                {
                    from.Dispose();
                    continue;
                }

                var to = new TcpClient();
                await to.ConnectAsync(IPAddress.Loopback, _to);
                _open.Add(from);
                _open.Add(to);
                _ = CopyAsync(from, to);
                _ = CopyAsync(to, from);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }
}
