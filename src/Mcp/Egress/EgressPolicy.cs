using System.Net;

namespace CodingAgent.Mcp.Egress;

/// <summary>Which hosts, ports and addresses are open; pure.</summary>
internal sealed class EgressPolicy(EgressOptions options)
{
    /// <summary>Why a host cannot be had, in a few fixed words; null when it can, over TLS or in plain.</summary>
    /// <param name="host">Normalised name.</param>
    /// <param name="port">Port.</param>
    public string? Refusal(string host, int port) =>
        Opens(host, port, tls: true) || Opens(host, port, tls: false) ? null
        : options.Allowed.Any(rule => rule.Names(host)) ? "port not open"
        : "not on the list";

    /// <summary>True when a port of a host is open for TLS, or for plain HTTP.</summary>
    public bool Opens(string host, int port, bool tls) => options.Allowed.Any(rule => rule.Opens(host, port, tls));

    /// <summary>Why an address must not be connected to; null when it may.</summary>
    public string? Refusal(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (options.AllowedRanges.Any(range => range.Contains(plain))) return null;
        return SpecialRanges.NameOf(plain) is { } name ? $"its address is special ({name})" : null;
    }
}

/// <summary>Something was asked for that is not open.</summary>
/// <param name="reason">Why, in a few fixed words.</param>
internal sealed class EgressRefusedException(string reason) : Exception(reason);
