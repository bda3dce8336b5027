using System.Net;
using System.Net.Sockets;

namespace CodingAgent.Mcp.Egress;

/// <summary>Addresses that are no hosts of the public network: the IANA special-purpose registries for IPv4 and IPv6, multicast, and what clouds put beside them.</summary>
public static class SpecialRanges
{
    // https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast (RFC 5771).
    private static readonly (IPNetwork Range, string Name)[] Version4 =
    [
        Of("0.0.0.0/8", "this network"), Of("10.0.0.0/8", "private"), Of("100.64.0.0/10", "carrier-grade NAT"), Of("127.0.0.0/8", "loopback"),
        Of("169.254.0.0/16", "link-local"), Of("172.16.0.0/12", "private"), Of("192.0.0.0/24", "protocol assignments"), Of("192.0.2.0/24", "documentation"),
        Of("192.31.196.0/24", "AS112"), Of("192.52.193.0/24", "AMT"), Of("192.88.99.0/24", "6to4 relay"), Of("192.168.0.0/16", "private"),
        Of("192.175.48.0/24", "AS112"), Of("198.18.0.0/15", "benchmarking"), Of("198.51.100.0/24", "documentation"), Of("203.0.113.0/24", "documentation"),
        Of("224.0.0.0/4", "multicast"), Of("240.0.0.0/4", "reserved"),
        // Azure's platform address answers every virtual machine, from a range that is otherwise public.
        Of("168.63.129.16/32", "cloud platform"),
    ];

    // https://www.iana.org/assignments/iana-ipv6-special-registry: what lies in the global unicast range.
    private static readonly (IPNetwork Range, string Name)[] Version6 =
    [
        Of("2001::/23", "protocol assignments"), Of("2001:db8::/32", "documentation"), Of("2002::/16", "6to4"),
        Of("2620:4f:8000::/48", "AS112"), Of("3fff::/20", "documentation"),
    ];

    // RFC 4291: everything else is loopback, link-local, unique local, multicast, an IPv4 address in disguise (NAT64, compatible) or unassigned.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>What an address is, when it is not one of the public network; null when it is.</summary>
    public static string? NameOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return Array.Find(Version4, r => r.Range.Contains(address)).Name;
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return "unknown";
        return GlobalUnicast.Contains(address) ? Array.Find(Version6, r => r.Range.Contains(address)).Name : "not globally routed";
    }

    private static (IPNetwork Range, string Name) Of(string range, string name) => (IPNetwork.Parse(range), name);
}
