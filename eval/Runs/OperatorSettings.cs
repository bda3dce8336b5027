using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CodingAgent.Eval.Registries;

namespace CodingAgent.Eval.Runs;

/// <summary>
/// What an operator whose company has registries of its own would set, all in one place: where set-up may go, whom it trusts, and the
/// configuration of package managers that comes along from the host.
/// </summary>
internal static class OperatorSettings
{
    // Public registries that the repositories' manifests name; their addresses may lie in a special range where a mirror stands in for them.
    private static readonly string[] PublicRegistries = ["api.nuget.org", "registry.npmjs.org"];

    /// <summary>Settings of the service, as environment variables.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ForServiceAsync(LocalRegistries registries, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Beside the product's own list of public registries.
            ["Egress__Hosts__0"] = string.Create(CultureInfo.InvariantCulture, $"{registries.Host}:{registries.Port}"),
            ["Egress__CertificateBundle"] = registries.BundleFile,
        };
        var ranges = new List<string> { "127.0.0.0/8" };
        foreach (var host in PublicRegistries)
            ranges.AddRange((await AddressesAsync(host, ct)).Select(a => $"{a}/32"));
        foreach (var (range, i) in ranges.Distinct(StringComparer.Ordinal).Select((r, i) => (r, i)))
            settings[string.Create(CultureInfo.InvariantCulture, $"Egress__AllowedRanges__{i}")] = range;
        foreach (var (name, value) in ForPackageManagers(registries))
            settings[name] = value;
        return settings;
    }

    /// <summary>The host's configuration of package managers: what a checkout needs outside the product, and what comes along inside it.</summary>
    public static IReadOnlyDictionary<string, string> ForPackageManagers(LocalRegistries registries) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PIP_INDEX_URL"] = registries.PythonIndex,
        ["PIP_CERT"] = registries.BundleFile,
        // Where this is set it wins over pip's own setting, so it must not say something else.
        ["REQUESTS_CA_BUNDLE"] = registries.BundleFile,
        ["CURL_CA_BUNDLE"] = registries.BundleFile,
        ["SSL_CERT_FILE"] = registries.BundleFile,
        ["CARGO_HTTP_CAINFO"] = registries.BundleFile,
        ["NODE_EXTRA_CA_CERTS"] = registries.BundleFile,
    };

    private static async Task<IEnumerable<IPAddress>> AddressesAsync(string host, CancellationToken ct)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, ct);
        }
        catch (SocketException)
        {
            // Away: the repositories that need it will say so.
            return [];
        }
    }
}
