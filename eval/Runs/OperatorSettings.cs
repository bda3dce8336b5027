using System.Globalization;
using CodingAgent.Eval.Registries;
using CodingAgent.Playground.Demo;

namespace CodingAgent.Eval.Runs;

/// <summary>
/// What an operator whose company has registries of its own would set, all in one place: where set-up may go, whom it trusts, and the
/// configuration of package managers that comes along from the host.
/// </summary>
internal static class OperatorSettings
{
    /// <summary>Settings of the service, as environment variables.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ForServiceAsync(LocalRegistries registries, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Beside the product's own list of public registries.
            ["Egress__Hosts"] = string.Create(CultureInfo.InvariantCulture, $"{registries.Host}:{registries.Port}"),
            ["Egress__CertificateBundle"] = registries.BundleFile,
        };
        settings["Egress__AllowedRanges"] = string.Join(',', (await RegistryRanges.FindAsync(ct)).Prepend("127.0.0.0/8"));
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
}
