namespace Temporalio.Client;

/// <summary>Transport security of a connection. Certificates and keys are PEM.</summary>
public class TlsOptions : ICloneable
{
    /// <summary>Certificates to trust besides the machine's.</summary>
    public byte[]? ServerRootCACert { get; set; }

    /// <summary>Name the server's certificate must carry, when it is not the host's.</summary>
    public string? Domain { get; set; }

    /// <summary>Own certificate.</summary>
    public byte[]? ClientCert { get; set; }

    /// <summary>Its private key.</summary>
    public byte[]? ClientPrivateKey { get; set; }

    /// <summary>No transport security, even where it would be the default.</summary>
    public bool Disabled { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
