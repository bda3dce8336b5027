using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace CodingAgent.Mcp.Egress;

/// <summary>How the service itself asks hosts of a list: by the proxy's rules, without cookies, redirects or a proxy of the environment.</summary>
internal static class EgressClient
{
    /// <summary>A handler whose connections go to addresses that were judged.</summary>
    public static SocketsHttpHandler Handler(EgressOptions egress, EgressPolicy policy, TimeProvider time)
    {
        var upstream = new Upstream(egress, policy, time);
        return new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 32,
            ConnectTimeout = egress.ConnectTimeout,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ChainPolicy(egress.CertificateBundle) },
            ConnectCallback = async (context, stop) => new NetworkStream(await upstream.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop), ownsSocket: true),
        };
    }

    /// <summary>Trust in the authorities of a bundle alone; null for this host's.</summary>
    public static X509ChainPolicy? ChainPolicy(string? bundle)
    {
        if (bundle is null) return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(bundle);
        return policy;
    }
}
