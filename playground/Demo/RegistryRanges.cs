using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Playground.Demo;

/// <summary>
/// What an operator writes where the names of public registries lead to mirrors in special-purpose space: the ranges that set-up may reach all
/// the same. A play does it by itself, so that it needs no settings.
/// </summary>
public static class RegistryRanges
{
    private static readonly string[] Names = ["api.nuget.org", "registry.npmjs.org"];

    /// <summary>Ranges, one address each; empty where the registries have public addresses.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        var ranges = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in Names)
        {
            try
            {
                foreach (var address in (await Dns.GetHostAddressesAsync(name, cancellationToken)).Where(a => SpecialRanges.NameOf(a) is not null))
                    ranges.Add(string.Create(CultureInfo.InvariantCulture, $"{address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"));
            }
            catch (SocketException)
            {
                // Away: what needs it will say so.
            }
        }

        return [.. ranges];
    }
}
