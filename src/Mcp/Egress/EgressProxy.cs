using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// The one way out of a set-up run's sandbox: an HTTP proxy on a unix socket in a folder of its own, which opens named hosts and nothing else
/// (docs/decisions/0011). It takes CONNECT requests, whose TLS greeting must be for the same host, and plain <c>http://</c> requests. One per
/// run; disposing it ends all connections and removes the socket.
/// </summary>
public sealed class EgressProxy : IAsyncDisposable
{
    private readonly string _folder;
    private readonly CancellationTokenSource _closing = new();
    private readonly ServiceProvider _services;
    private readonly KestrelServer _server;
    private readonly EgressRequests _requests;
    private readonly RunAuthority? _authority;
    private int _disposed;

    private EgressProxy(string folder, EgressOptions options, TimeProvider time)
    {
        _folder = folder;
        _authority = options.Credentials is null ? null : new RunAuthority(time);
        Egress = new SandboxEgress(Path.Combine(folder, "proxy.sock"), Bundle(options));
        var policy = new EgressPolicy(options);
        var upstream = new Upstream(options, policy, time);
        _services = new ServiceCollection().AddLogging().AddHttpForwarder().BuildServiceProvider();
        _requests = new EgressRequests(options, policy, upstream, Log, _services.GetRequiredService<IHttpForwarder>());
        var connections = new EgressConnection(options, policy, upstream, _authority, Log, time, _closing.Token);
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = _services };
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeadBytes;
        kestrel.Limits.MaxRequestLineSize = Math.Min(options.MaxHeadBytes, kestrel.Limits.MaxRequestLineSize);
        kestrel.Limits.RequestHeadersTimeout = options.HeadTimeout;
        kestrel.Limits.KeepAliveTimeout = options.IdleTimeout;
        // A package manager unpacks while it downloads; the idle time-out ends what does not move at all.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.ListenUnixSocket(Egress.SocketPath, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => connections.RunAsync(connection, next));
        });
        // Nothing is logged: a line could hold a query's secret. What people need to know is in Log.
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>What a command is given to use this proxy.</summary>
    public SandboxEgress Egress { get; }

    /// <summary>What went through and what was refused; stays readable after the proxy is gone.</summary>
    public EgressLog Log { get; } = new();

    /// <summary>Starts a proxy.</summary>
    /// <param name="options">What it opens.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ArgumentException">The upstream proxy is no <c>http://</c> address.</exception>
    public static async Task<EgressProxy> StartAsync(EgressOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.UpstreamProxy is { } proxy && (!proxy.IsAbsoluteUri || proxy.Scheme != Uri.UriSchemeHttp))
            throw new ArgumentException("The upstream proxy must be given as http://host:port, with user and password before the host if need be.", nameof(options));
        var folder = Directory.CreateTempSubdirectory("coding-agent-egress-").FullName;
        var started = new EgressProxy(folder, options, time);
        try
        {
            await started._server.StartAsync(new Application(started._requests), cancellationToken);
            // The folder keeps everybody out but its owner: the user that the forwarder runs as.
            if (options.User is { } user) GiveTo(user, started.Egress.SocketPath, folder);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _closing.CancelAsync();
        // Stops at once: the run is over, and what still waits for an answer waits for nobody.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        _requests.Dispose();
        _authority?.Dispose();
        await _services.DisposeAsync();
        _closing.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static void GiveTo(SandboxUser user, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (Libc.ChangeOwnerAt(Libc.CurrentDirectory, path, (uint)user.Uid, (uint)user.Gid, Libc.SymlinkNoFollow) != 0)
                throw new IOException($"{path} cannot be given to the sandbox's user {user.Uid}.");
        }
    }

    private string? Bundle(EgressOptions options)
    {
        var bundle = options.CertificateBundle ?? HostCertificates.Find();
        if (_authority is null) return bundle;
        var path = Path.Combine(_folder, "certificates.pem");
        File.WriteAllText(path, (bundle is null ? "" : File.ReadAllText(bundle).TrimEnd() + "\n") + _authority.Pem + "\n");
        PrivateFiles.Show(path);
        return path;
    }

    private sealed class Application(EgressRequests requests) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => requests.RunAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
