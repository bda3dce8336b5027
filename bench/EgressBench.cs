using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CodingAgent.Mcp.Egress;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Bench;

/// <summary>What a set-up run's downloads cost: 32 MiB over TLS through the proxy, against the same download without it.</summary>
internal static class EgressBench
{
    public const string Name = "egress";

    private const string Host = "registry.test";
    private const int Bytes = 32 << 20;

    public static async Task<Comparison> RunAsync()
    {
        using var certificate = Certificate();
        await using var registry = Registry(certificate);
        await registry.StartAsync();
        var port = new Uri(registry.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()).Port;
        await using var proxy = await EgressProxy.StartAsync(
            new EgressOptions
            {
                Allowed = [HostRule.Parse($"{Host}:{port}")],
                AllowedRanges = [IPNetwork.Parse("127.0.0.0/8")],
                Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            },
            TimeProvider.System,
            CancellationToken.None);
        // At least 0.8 of the direct throughput: at most 1.25 of its time.
        var comparison = new Comparison(Name, "32 MiB over TLS through the egress proxy, a new connection each", "the same without it", Limit: 1.25);
        await comparison.MeasureAsync(
            () => DownloadAsync(() => TunnelAsync(proxy.Egress.SocketPath, port)), () => DownloadAsync(() => DirectAsync(port)), warmUp: 5, rounds: 200, TimeSpan.FromSeconds(25));
        return comparison;

        async Task DownloadAsync(Func<Task<NetworkStream>> connect)
        {
            await using var connection = await connect();
            await using var tls = new SslStream(connection);
            var options = new SslClientAuthenticationOptions { TargetHost = Host, CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            options.CertificateChainPolicy.CustomTrustStore.Add(certificate);
            await tls.AuthenticateAsClientAsync(options);
            await tls.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {Host}\r\nConnection: close\r\n\r\n"));
            var (buffer, total, read) = (new byte[64 * 1024], 0L, 0);
            while ((read = await tls.ReadAsync(buffer)) > 0) total += read;
            if (total < Bytes) throw new InvalidOperationException($"{Name}: only {total} bytes came.");
        }
    }

    private static WebApplication Registry(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        var app = builder.Build();
        var chunk = new byte[64 * 1024];
        app.Run(async context =>
        {
            for (var left = Bytes; left > 0; left -= chunk.Length) await context.Response.Body.WriteAsync(chunk);
        });
        return app;
    }

    private static async Task<NetworkStream> DirectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<NetworkStream> TunnelAsync(string path, int port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {Host}:{port} HTTP/1.1\r\n\r\n"));
        var answer = new byte[256];
        var count = await stream.ReadAsync(answer);
        if (!Encoding.ASCII.GetString(answer, 0, count).StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new InvalidOperationException($"{Name}: the proxy refuses.");
        return stream;
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
