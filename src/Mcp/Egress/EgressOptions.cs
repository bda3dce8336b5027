using System.Net;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Egress;

/// <summary>What an <see cref="EgressProxy"/> lets through, and how it gets there itself.</summary>
public sealed record EgressOptions
{
    /// <summary>The hosts that are open. Empty opens nothing.</summary>
    public IReadOnlyList<HostRule> Allowed { get; init; } = [];

    /// <summary>Special-purpose ranges (<see cref="SpecialRanges"/>) that the operator's registries lie in all the same, such as <c>10.1.0.0/16</c>.</summary>
    public IReadOnlyList<IPNetwork> AllowedRanges { get; init; } = [];

    /// <summary>
    /// The proxy that this host itself needs; null for none. It may carry user and password. It then resolves the names, so that only names
    /// are checked here, not addresses.
    /// </summary>
    public Uri? UpstreamProxy { get; init; }

    /// <summary>Credentials of private registries; null for none.</summary>
    public IRegistryCredentials? Credentials { get; init; }

    /// <summary>Certificate authorities (PEM file) that the sandbox and the proxy itself trust; null for this host's.</summary>
    public string? CertificateBundle { get; init; }

    /// <summary>Host user that the sandbox's forwarder runs as, who must reach the socket; null for this process's own.</summary>
    public SandboxUser? User { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>Looks up a name's addresses.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Connections at once; more wait or are closed.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Longest head of a request, in bytes.</summary>
    public int MaxHeadBytes { get; init; } = 16 * 1024;

    /// <summary>Within this time a client must have sent the head of its request, and then its TLS greeting.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Within this time a name must be resolved and a connection made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A tunnel that carries nothing for this long, in either direction, is closed.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Where credentials of private registries come from. What it gives stays in the proxy: no sandbox, log or report sees it.</summary>
public interface IRegistryCredentials
{
    /// <summary>The credential for a host's requests; null when it has none.</summary>
    /// <param name="host">Normalised host name, which is on the allow list.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken);
}

/// <summary>A header that a registry knows its friends by.</summary>
/// <param name="HeaderName">Usually <c>Authorization</c>.</param>
/// <param name="HeaderValue">Its value; secret.</param>
public sealed record RegistryCredential(string HeaderName, string HeaderValue)
{
    /// <summary>The header's name only.</summary>
    public override string ToString() => $"{nameof(RegistryCredential)} {{ {HeaderName} }}";
}
