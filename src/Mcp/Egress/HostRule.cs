using System.Globalization;

namespace CodingAgent.Mcp.Egress;

/// <summary>One entry of an allow list: a host or everything below a domain, with a port of its own or the usual ones.</summary>
public sealed record HostRule
{
    private const int Https = 443;
    private const int Http = 80;

    private HostRule(string name, bool below, int? port) => (Name, Below, Port) = (name, below, port);

    /// <summary>Host name, or the domain below which hosts are meant; normalised by <see cref="HostName"/>.</summary>
    public string Name { get; }

    /// <summary>True for <c>*.domain</c>: every host below the domain, not the domain itself.</summary>
    public bool Below { get; }

    /// <summary>The one port that is open, for TLS and plain HTTP alike; null for 443 (TLS) and 80 (plain).</summary>
    public int? Port { get; }

    /// <summary>Reads <c>host</c>, <c>*.domain</c>, or either with <c>:port</c>. Names may be in any script.</summary>
    /// <exception cref="FormatException">It is none of these; the message says why. <c>*</c> alone and <c>*.com</c> open too much to be meant.</exception>
    public static HostRule Parse(string text)
    {
        var (host, port) = (text.Trim(), (int?)null);
        var colon = host.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535)
                throw new FormatException($"'{text}' is no host of an allow list: what follows ':' is not a port.");
            (host, port) = (host[..colon], number);
        }

        var below = host.StartsWith("*.", StringComparison.Ordinal);
        var name = HostName.Normalize(below ? host[2..] : host)
            ?? throw new FormatException($"'{text}' is no host of an allow list: write a DNS name such as 'registry.npmjs.org' or '*.nuget.org', with ':port' if need be; addresses cannot be listed.");
        if (below && !name.Contains('.', StringComparison.Ordinal)) throw new FormatException($"'{text}' opens a whole top-level domain: name the domain below it.");
        return new HostRule(name, below, port);
    }

    /// <summary>True when the rule opens a port of a host.</summary>
    /// <param name="host">Normalised host name.</param>
    /// <param name="port">Port.</param>
    /// <param name="tls">TLS, or plain HTTP.</param>
    public bool Opens(string host, int port, bool tls) => Names(host) && (Port is { } own ? port == own : port == (tls ? Https : Http));

    /// <summary>True when the rule is about a host, whatever the port.</summary>
    public bool Names(string host) => Below ? host.Length > Name.Length + 1 && host.EndsWith("." + Name, StringComparison.Ordinal) : host == Name;

    /// <inheritdoc />
    public override string ToString() => (Below ? "*." : "") + Name + (Port is { } port ? ":" + port.ToString(CultureInfo.InvariantCulture) : "");
}
