using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CodingAgent.Mcp.Egress;

/// <summary>Connects to hosts: to the very address that was checked, so that a name cannot mean another one a moment later.</summary>
internal sealed class Upstream(EgressOptions options, EgressPolicy policy, TimeProvider time)
{
    private const int MostHeadBytes = 16 * 1024;

    /// <summary>Connects to a host on the allow list.</summary>
    /// <exception cref="EgressRefusedException">All its addresses are special, or it has none.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return options.UpstreamProxy is { } proxy
                ? await ThroughProxyAsync(proxy, host, port, stop.Token)
                : await ToAnyAsync(await CheckedAsync(host, stop.Token), port, stop.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new IOException("it did not answer in time", e);
        }
        catch (SocketException e)
        {
            throw new IOException("it cannot be reached", e);
        }
    }

    private async Task<IPAddress[]> CheckedAsync(string host, CancellationToken cancellationToken)
    {
        var addresses = await LookUpAsync(host, cancellationToken);
        var open = Array.FindAll(addresses, address => policy.Refusal(address) is null);
        if (open.Length > 0) return open;
        throw new EgressRefusedException(addresses.Length == 0 ? "no such name" : policy.Refusal(addresses[0])!);
    }

    private async Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            // Looking up may not listen to the token.
            return await options.Resolve(host, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
    }

    private static async Task<Socket> ToAnyAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), cancellationToken);
                return socket;
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    // The operator named this proxy; its own address is nobody's to check.
    private async Task<Socket> ThroughProxyAsync(Uri proxy, string host, int port, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(proxy.DnsSafeHost, out var literal) ? [literal] : await LookUpAsync(proxy.IdnHost, cancellationToken);
        if (addresses.Length == 0) throw new IOException("the upstream proxy's name is not known");
        var socket = await ToAnyAsync(addresses, proxy.Port, cancellationToken);
        try
        {
            var authority = string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
            var user = proxy.UserInfo.Length == 0 ? "" : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(proxy.UserInfo)))}\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{user}\r\n"), cancellationToken);
            var status = await HeadAsync(socket, cancellationToken);
            if (status.Split(' ') is not ["HTTP/1.1" or "HTTP/1.0", ['2', _, _], ..]) throw new IOException("the upstream proxy refuses it");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads to the end of a head and not a byte further: what follows is the tunnel's.</summary>
    private static async Task<string> HeadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < MostHeadBytes)
        {
            if (await socket.ReceiveAsync(one, cancellationToken) == 0) break;
            head.Add(one[0]);
            if (one[0] == '\n' && head.Count >= 4 && head[^3] == '\n') return Encoding.Latin1.GetString([.. head]).Split('\r')[0];
        }

        throw new IOException("the upstream proxy's answer is no HTTP");
    }
}
