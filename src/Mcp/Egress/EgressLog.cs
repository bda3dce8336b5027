namespace CodingAgent.Mcp.Egress;

/// <summary>What went through a proxy and what was refused, in bounded memory; may be read while the proxy runs.</summary>
public sealed class EgressLog
{
    private const int MostEntries = 200;
    private const int LongestHost = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Host, int Port, string Reason), int> _refused = [];
    private readonly Dictionary<string, AllowedHost> _allowed = new(StringComparer.Ordinal);
    private int _more;

    /// <summary>Refusals, the most frequent first. <see cref="RefusedHost.Host"/> is cleaned text from untrusted code.</summary>
    public IReadOnlyList<RefusedHost> Refused
    {
        get
        {
            lock (_gate) return [.. _refused.Select(r => new RefusedHost(r.Key.Host, r.Key.Port, r.Key.Reason, r.Value)).OrderByDescending(r => r.Count).ThenBy(r => r.Host, StringComparer.Ordinal)];
        }
    }

    /// <summary>Refusals that were only counted, because too many different ones came.</summary>
    public int MoreRefused
    {
        get
        {
            lock (_gate) return _more;
        }
    }

    /// <summary>Hosts that were reached, with what they cost.</summary>
    public IReadOnlyList<AllowedHost> Allowed
    {
        get
        {
            lock (_gate) return [.. _allowed.Values.OrderByDescending(a => a.BytesReceived).ThenBy(a => a.Host, StringComparer.Ordinal)];
        }
    }

    /// <summary>One line for the client, whose package manager mostly shows it.</summary>
    internal static string Words(string host, string reason) => $"This sandbox's network is limited to named hosts: '{Clean(host)}' is refused ({reason}).";

    internal void Refuse(string host, int port, string reason)
    {
        var key = (Clean(host), port, reason);
        lock (_gate)
        {
            if (_refused.TryGetValue(key, out var count)) _refused[key] = count + 1;
            else if (_refused.Count < MostEntries) _refused[key] = 1;
            else _more++;
        }
    }

    // Hosts here are on the allow list, so that only a wildcard could make many.
    internal void Allow(string host, int connections, long sent, long received)
    {
        lock (_gate)
        {
            var entry = _allowed.GetValueOrDefault(host) ?? new AllowedHost(host, 0, 0, 0);
            if (_allowed.Count >= MostEntries && entry.Connections == 0) return;
            _allowed[host] = new AllowedHost(host, entry.Connections + connections, entry.BytesSent + sent, entry.BytesReceived + received);
        }
    }

    private static string Clean(string host)
    {
        var clean = new string([.. host.Take(LongestHost + 1).Select(c => char.IsAsciiLetterOrDigit(c) || ".-_:[]*".Contains(c, StringComparison.Ordinal) ? c : '?')]);
        return clean.Length > LongestHost ? clean[..LongestHost] + "..." : clean;
    }
}

/// <summary>One host that was refused.</summary>
/// <param name="Host">What was asked for, bounded, other than host characters replaced by '?'.</param>
/// <param name="Port">Port; 0 when none could be read.</param>
/// <param name="Reason">Why, in a few fixed words.</param>
/// <param name="Count">How often.</param>
public sealed record RefusedHost(string Host, int Port, string Reason, int Count);

/// <summary>One host that was reached.</summary>
/// <param name="Host">Normalised name.</param>
/// <param name="Connections">Tunnels, or single requests where the proxy speaks HTTP itself.</param>
/// <param name="BytesSent">Sent to it; of requests the proxy forwards itself, bodies only.</param>
/// <param name="BytesReceived">Received from it, likewise.</param>
public sealed record AllowedHost(string Host, int Connections, long BytesSent, long BytesReceived);
