using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// A certificate authority that lives as long as one proxy, its key in memory only: with it the proxy answers in the name of a private
/// registry, so that it can add the credential. Only the sandbox of this run trusts it.
/// </summary>
internal sealed class RunAuthority : IDisposable
{
    private static readonly TimeSpan Skew = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _now;
    private readonly ConcurrentDictionary<string, SslStreamCertificateContext> _leaves = new(StringComparer.Ordinal);

    public RunAuthority(TimeProvider time)
    {
        _now = time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=coding agent set-up run", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _authority = request.CreateSelfSigned(_now - Skew, _now + Lifetime);
    }

    /// <summary>The authority's certificate, without its key.</summary>
    public string Pem => _authority.ExportCertificatePem();

    /// <summary>A certificate for a host.</summary>
    public SslStreamCertificateContext For(string host) => _leaves.GetOrAdd(host, Make);

    private SslStreamCertificateContext Make(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=proxied registry", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var leaf = request.Create(_authority, _now - Skew, _now + Lifetime - TimeSpan.FromHours(1), RandomNumberGenerator.GetBytes(16));
        return SslStreamCertificateContext.Create(leaf.CopyWithPrivateKey(key), [_authority], offline: true);
    }

    public void Dispose() => _authority.Dispose();
}
