using System.Security.Cryptography.X509Certificates;

namespace Temporalio.Protocol.Transport;

/// <summary>TLS of a channel.</summary>
public sealed record GrpcTlsOptions
{
    /// <summary>Roots to trust instead of the machine's; null trusts the machine's.</summary>
    public X509Certificate2Collection? ServerRoots { get; init; }

    /// <summary>The certificate this side presents, with its private key; null presents none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Issuers between the presented certificate and the root that the server trusts; sent along with it.</summary>
    public X509Certificate2Collection ClientIssuers { get; init; } = [];

    /// <summary>The name to expect in the server's certificate when it is not the target's host.</summary>
    public string? Domain { get; init; }
}
