using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Certificate authorities in the form that Java reads.</summary>
public static class JavaTrustStore
{
    // Oracle's attribute trustedKeyUsage: without it Java passes over a certificate that comes without a key.
    private const string TrustedKeyUsage = "2.16.840.1.113894.746875.1.1";

    // anyExtendedKeyUsage, 2.5.29.37.0, in DER.
    private static readonly byte[] AnyUsage = [0x06, 0x04, 0x55, 0x1d, 0x25, 0x00];

    /// <summary>Writes a PKCS #12 store with the certificates of a bundle, under <see cref="EgressVariables.JavaTrustStorePassword"/>.</summary>
    /// <param name="bundle">PEM file.</param>
    /// <param name="path">Where to write.</param>
    public static void Write(string bundle, string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(bundle);
        var contents = new Pkcs12SafeContents();
        foreach (var certificate in certificates)
        {
            var bag = contents.AddCertificate(certificate);
            bag.Attributes.Add(new AsnEncodedData(new Oid(TrustedKeyUsage), AnyUsage));
            certificate.Dispose();
        }

        var builder = new Pkcs12Builder();
        builder.AddSafeContentsUnencrypted(contents);
        builder.SealWithMac(EgressVariables.JavaTrustStorePassword, HashAlgorithmName.SHA256, 2048);
        File.WriteAllBytes(path, builder.Encode());
        PrivateFiles.Show(path);
    }
}
