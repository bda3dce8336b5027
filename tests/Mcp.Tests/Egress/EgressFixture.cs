using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>A proxy before a test registry. Every name of the fixture's resolves to the loopback, whose range is opened for it.</summary>
public sealed class EgressFixture : IAsyncDisposable
{
    private EgressFixture(TestRegistry registry, EgressProxy proxy) => (Registry, Proxy) = (registry, proxy);

    public TestRegistry Registry { get; }

    public EgressProxy Proxy { get; }

    public string Tls => $"registry.test:{Registry.TlsPort}";

    public string Plain => $"registry.test:{Registry.PlainPort}";

    public static async Task<EgressFixture> StartAsync(Func<EgressOptions, TestRegistry, EgressOptions>? with = null)
    {
        var registry = await TestRegistry.StartAsync("registry.test", "other.test", "xn--bcher-kva.test");
        var options = new EgressOptions
        {
            Allowed = [.. new[] { registry.TlsPort, registry.PlainPort }.Select(p => HostRule.Parse($"registry.test:{p}"))],
            AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")],
            CertificateBundle = registry.Bundle,
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        };
        return new EgressFixture(registry, await EgressProxy.StartAsync(with?.Invoke(options, registry) ?? options, TimeProvider.System, CancellationToken.None));
    }

    /// <summary>A connection to the proxy.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Proxy.Egress.SocketPath));
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends text and reads until the proxy closes, which it may do before it has taken the text.</summary>
    public async Task<string> ExchangeAsync(string text)
    {
        await using var stream = await ConnectAsync();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown or SocketError.ConnectionReset })
        {
            // "Broken pipe": what it had to say, if anything, is there to be read.
        }

        return await ReadAllAsync(stream);
    }

    /// <summary>A tunnel, after the proxy's answer, which must be 200.</summary>
    public async Task<NetworkStream> TunnelAsync(string authority)
    {
        var stream = await ConnectAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n"));
        (await HeadAsync(stream)).ShouldStartWith("HTTP/1.1 200");
        return stream;
    }

    /// <summary>TLS over a tunnel, trusting what the sandbox would.</summary>
    public async Task<SslStream> SecureAsync(Stream tunnel, string name = "registry.test")
    {
        var tls = new SslStream(tunnel);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = Trust() });
        return tls;
    }

    /// <summary>A client that goes through the proxy, and trusts what the sandbox would.</summary>
    public HttpClient Client()
    {
        return new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust() },
            ConnectCallback = async (context, _) => await TunnelAsync($"{context.DnsEndPoint.Host}:{context.DnsEndPoint.Port}"),
        });
    }

    public static async Task<string> HeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) > 0) head.Append((char)one[0]);
        return head.ToString();
    }

    public static async Task<string> ReadAllAsync(Stream stream)
    {
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all);
        }
        catch (IOException)
        {
            // A reset after the last byte is an end as well.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    private X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(Proxy.Egress.CertificateBundle!);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Registry.DisposeAsync();
    }
}
