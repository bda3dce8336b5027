using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Temporalio.Tests.Client;

/// <summary>Certificates made for one test, of an authority made for it.</summary>
internal static class Certificates
{
    public static X509Certificate2 Authority(string name, X509Certificate2? issuer = null)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        return issuer is null ? request.CreateSelfSigned(From, To) : Sign(request, issuer, key);
    }

    public static X509Certificate2 Server(X509Certificate2 issuer, string dnsName, bool withAddress = false)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        if (withAddress)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        return Leaf(issuer, dnsName, request => request.CertificateExtensions.Add(names.Build()));
    }

    public static X509Certificate2 Client(X509Certificate2 issuer) => Leaf(issuer, "client", _ => { });

    public static byte[] Pem(params X509Certificate2[] certificates) =>
        Encoding.ASCII.GetBytes(string.Join('\n', certificates.Select(c => c.ExportCertificatePem())));

    public static byte[] KeyPem(X509Certificate2 certificate) =>
        Encoding.ASCII.GetBytes(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

    private static DateTimeOffset From => TimeProvider.System.GetUtcNow().AddDays(-1);

    private static DateTimeOffset To => TimeProvider.System.GetUtcNow().AddDays(1);

    private static X509Certificate2 Leaf(X509Certificate2 issuer, string name, Action<CertificateRequest> extend)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        extend(request);
        return Sign(request, issuer, key);
    }

    private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 issuer, ECDsa key) =>
        request.Create(issuer, From.AddHours(1), To.AddHours(-1), RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
}
