using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CodingAgent.Playground.LocalForge;

/// <summary>What the forge shows to clients of TLS.</summary>
internal static class ServerCertificate
{
    /// <summary>Reads what the options name, or makes a certificate for this machine alone; a client that trusts the returned file trusts the forge.</summary>
    /// <exception cref="InvalidOperationException">The files are not there, or are no certificate with its key.</exception>
    public static (X509Certificate2 Certificate, string File) Of(LocalForgeOptions options, string madeFile)
    {
        if (options.CertificateFile is not { } file)
            return (Make(madeFile), madeFile);
        try
        {
            return (X509Certificate2.CreateFromPemFile(file, options.CertificateKeyFile), Path.GetFullPath(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            var keyFile = options.CertificateKeyFile ?? file;
            throw new InvalidOperationException($"{file} and {keyFile} are not a certificate and its key in PEM: {e.Message} Name files that are, or leave them out for a certificate that is made at start.", e);
        }
    }

    // Go, OpenSSL and .NET all take one that signs itself and that their file of authorities holds. The key stays in memory.
    private static X509Certificate2 Make(string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=LocalForge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        // By the machine's clock, which is what clients look at; the forge's own may be another.
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n");
        return certificate;
    }
}
