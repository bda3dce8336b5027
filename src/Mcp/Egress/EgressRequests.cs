using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// Requests that the proxy forwards itself: plain HTTP, and HTTP over TLS to hosts with a credential, which it adds. Kestrel has read them
/// (and refused what has two readings); YARP forwards them. No redirect is followed: the client follows it, past the same rules.
/// </summary>
internal sealed class EgressRequests : IDisposable
{
    private readonly EgressPolicy _policy;
    private readonly EgressLog _log;
    private readonly IHttpForwarder _forwarder;
    private readonly ForwarderRequestConfig _config;
    private readonly HttpMessageInvoker _client;

    public EgressRequests(EgressOptions options, EgressPolicy policy, Upstream upstream, EgressLog log, IHttpForwarder forwarder)
    {
        (_policy, _log, _forwarder) = (policy, log, forwarder);
        _config = new ForwarderRequestConfig { ActivityTimeout = options.IdleTimeout, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = EgressClient.ChainPolicy(options.CertificateBundle) },
            ConnectCallback = async (context, stop) =>
            {
                var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
                return new CountingStream(await upstream.ConnectAsync(host, port, stop), (sent, received) => log.Allow(host, 0, sent, received));
            },
        });
    }

    public async Task RunAsync(HttpContext context)
    {
        var feature = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        var tunnel = context.Features.Get<TunnelTarget>();
        var (target, path, problem) = tunnel is null ? Absolute(feature.RawTarget) : Within(tunnel, context.Request.Host, feature.RawTarget);
        problem ??= tunnel?.Credential is null && !_policy.Opens(target.Host, target.Port, tls: false) ? _policy.Refusal(target.Host, target.Port) ?? "port not open" : null;
        problem ??= Problem(context.Request, target);
        if (problem is not null)
        {
            await RefuseAsync(context, target, StatusCodes.Status403Forbidden, problem);
            return;
        }

        _log.Allow(target.Host, 1, 0, 0);
        var prefix = $"{(target.Credential is null ? "http" : "https")}://{target.Host}:{target.Port}";
        if (await _forwarder.SendAsync(context, prefix, _client, _config, new Transformer(prefix + path, target.Credential), context.RequestAborted) == ForwarderError.None) return;
        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        while (cause is not (null or EgressRefusedException)) cause = cause.InnerException;
        var words = cause?.Message ?? "it cannot be reached, or broke off";
        if (!context.Response.HasStarted) await RefuseAsync(context, target, cause is null ? StatusCodes.Status502BadGateway : StatusCodes.Status403Forbidden, words);
        else _log.Refuse(target.Host, target.Port, words);
    }

    // What a private registry's credential may be used for: to read. It often may write as well, and untrusted code asks.
    private static string? Problem(HttpRequest request, TunnelTarget target) =>
        request.Headers.ContainsKey("Upgrade") ? "upgrades are not carried"
        : target.Credential is null ? (HttpMethods.IsConnect(request.Method) || HttpMethods.IsTrace(request.Method) ? "method not carried" : null)
        : HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ? null : "a private registry can only be read";

    /// <summary>A request to a proxy names the whole address (RFC 9112, section 3.2.2); Kestrel has compared it with the Host header.</summary>
    private static (TunnelTarget Target, string Path, string? Problem) Absolute(string raw)
    {
        const string Scheme = "http://";
        if (!raw.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return (new TunnelTarget("", 0, null), "", "not a request to a proxy");
        // Only what lies before the path is read: the rest goes on as it came.
        var end = raw.AsSpan(Scheme.Length).IndexOfAny('/', '?', '#');
        var (authority, path) = end < 0 ? (raw[Scheme.Length..], "/") : (raw[Scheme.Length..(Scheme.Length + end)], raw[(Scheme.Length + end)..]);
        if (!path.StartsWith('/')) path = "/" + path;
        var at = authority.LastIndexOf('@');
        if (at >= 0) return (new TunnelTarget(authority[(at + 1)..], 0, null), "", "a user in the address");
        var host = new HostString(authority);
        return HostName.Normalize(host.Host) is { } name && !(authority.Contains(':', StringComparison.Ordinal) && host.Port is null)
            ? (new TunnelTarget(name, host.Port ?? 80, null), path, null)
            : (new TunnelTarget(authority, host.Port ?? 0, null), "", "not a host name");
    }

    private static (TunnelTarget Target, string Path, string? Problem) Within(TunnelTarget tunnel, HostString host, string raw)
    {
        if (!raw.StartsWith('/')) return (tunnel, "", "not a request to a host");
        var same = HostName.Normalize(host.Host) == tunnel.Host && (host.Port ?? (tunnel.Credential is null ? 80 : 443)) == tunnel.Port;
        return (tunnel, raw, same ? null : "the Host header differs from the host");
    }

    private async Task RefuseAsync(HttpContext context, TunnelTarget target, int status, string problem)
    {
        _log.Refuse(target.Host, target.Port, problem);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        await context.Response.WriteAsync(EgressLog.Words(target.Host, problem) + "\n", context.RequestAborted);
    }

    public void Dispose() => _client.Dispose();

    private sealed class Transformer(string address, RegistryCredential? credential) : HttpTransformer
    {
        private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

        public override async ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage request, string prefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(context, request, prefix, cancellationToken);
            // As it came: "%2f" in a package's name is not "/".
            request.RequestUri = new Uri(address, Verbatim);
            request.Headers.Host = null;
            foreach (var name in new[] { "Proxy-Authorization", "Proxy-Connection" }) request.Headers.Remove(name);
            if (credential is null) return;
            request.Headers.Remove("Authorization");
            request.Headers.Remove(credential.HeaderName);
            request.Headers.TryAddWithoutValidation(credential.HeaderName, credential.HeaderValue);
        }
    }
}
