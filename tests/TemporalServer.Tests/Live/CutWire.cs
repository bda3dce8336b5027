using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TemporalServer.Tests.Live;

/// <summary>A wire to a server that can be cut: every connection on it breaks, at whatever byte it is.</summary>
internal sealed class CutWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _server;
    private readonly Task _accepting;
    private volatile bool _isCut;

    /// <param name="server">host:port at the other end.</param>
    public CutWire(string server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>host:port at this end.</summary>
    public string Target => $"{_listener.LocalEndpoint}";

    /// <summary>Breaks every connection, and for a while each new one as soon as it is made.</summary>
    public async Task CutAsync(TimeSpan time)
    {
        _isCut = true;
        Break();
        await Task.Delay(time);
        _isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Break();
        _stop.Dispose();
    }

    private void Break()
    {
        foreach (var socket in _sockets.Keys)
        {
            // A reset, not a polite end.
            socket.Close(0);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                if (_isCut)
                    socket.Close(0);
                else
                    _ = JoinAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task JoinAsync(Socket here)
    {
        using var there = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await there.ConnectAsync(IPEndPoint.Parse(_server));
            _sockets[here] = _sockets[there] = true;
            using var hereStream = new NetworkStream(here, ownsSocket: true);
            using var thereStream = new NetworkStream(there);
            await Task.WhenAny(hereStream.CopyToAsync(thereStream), thereStream.CopyToAsync(hereStream));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
        }
        finally
        {
            here.Close(0);
            _sockets.TryRemove(here, out _);
            _sockets.TryRemove(there, out _);
        }
    }
}
