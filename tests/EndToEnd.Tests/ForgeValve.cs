using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>The wire between the service and the forge's API. Shut, it cuts what is open and refuses what comes.</summary>
internal sealed class ForgeValve : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly Uri _forge;
    private readonly Task _loop;
    private volatile bool _shut;
    private int _refused;

    public ForgeValve(Uri forge)
    {
        _forge = forge;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public Uri ApiUrl => new(_forge, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{_forge.AbsolutePath}");

    /// <summary>Connections refused since the last time it was shut.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public void Shut()
    {
        Volatile.Write(ref _refused, 0);
        _shut = true;
        foreach (var client in _open.Keys)
            client.Dispose();
    }

    public void Open() => _shut = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Shut();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (_shut)
                {
                    client.Dispose();
                    Interlocked.Increment(ref _refused);
                    continue;
                }

                _ = JoinAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task JoinAsync(TcpClient client)
    {
        using var upstream = new TcpClient();
        using (client)
        {
            try
            {
                _open[client] = true;
                await upstream.ConnectAsync(_forge.Host, _forge.Port);
                var (near, far) = (client.GetStream(), upstream.GetStream());
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // One side hung up.
            }
            finally
            {
                _open.TryRemove(client, out _);
            }
        }
    }
}
