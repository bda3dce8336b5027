using System.Xml.Linq;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>Which registries packages of servers come from: the mirrors that the operator names, and for the other sources what this host's package managers use.</summary>
public sealed class RegistrySettings
{
    private const string NuGetConfig = ".nuget/NuGet/NuGet.Config";

    private readonly Dictionary<string, string> _mirrors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files;
    private readonly Dictionary<string, string> _environment;
    private readonly IReadOnlyList<string> _hostsOfHost;

    private RegistrySettings(HostPackageSettings host)
    {
        (_files, _environment, _hostsOfHost) = (new(host.Files, StringComparer.Ordinal), new(host.Environment, StringComparer.Ordinal), host.Hosts);
    }

    /// <summary>Text by path, relative to HOME.</summary>
    public IReadOnlyDictionary<string, string> Files => _files;

    /// <summary>Variables.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    /// <summary>Base address that an npm package, and the keys it is signed with, are asked at.</summary>
    /// <param name="name">The package's name.</param>
    public Uri NpmOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var lines = _files.GetValueOrDefault(".npmrc", "").Split('\n');
        string? Named(string key) => lines.LastOrDefault(l => l.StartsWith(key + "=", StringComparison.OrdinalIgnoreCase))?[(key.Length + 1)..];
        var address = (name.StartsWith('@') ? Named($"{name.Split('/')[0]}:registry") : null) ?? Named("registry") ?? "https://registry.npmjs.org/";
        return new Uri(address.EndsWith('/') ? address : address + "/");
    }

    /// <summary>Settings of a host, with mirrors in the place of what it says.</summary>
    /// <param name="host">The host's own.</param>
    /// <param name="mirrors">Mirrors, by source.</param>
    public static RegistrySettings Of(HostPackageSettings host, IReadOnlyDictionary<PackageSource, Uri> mirrors)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(mirrors);
        var settings = new RegistrySettings(host);
        foreach (var (source, address) in mirrors)
            settings.Mirror(source, address);
        return settings;
    }

    /// <summary>Hosts that installing from an ecosystem may reach. Where a mirror is named, it alone.</summary>
    /// <param name="ecosystem">A key of <see cref="RegistryHosts.ByEcosystem"/>.</param>
    internal IEnumerable<string> HostsOf(string ecosystem) => _mirrors.TryGetValue(ecosystem, out var mirror) ? [mirror] : RegistryHosts.ByEcosystem[ecosystem].Concat(_hostsOfHost).Distinct(StringComparer.Ordinal);

    private void Mirror(PackageSource source, Uri address)
    {
        _mirrors[PackageInstaller.Of(source).Registries] = address.IsDefaultPort ? address.IdnHost : $"{address.IdnHost}:{address.Port}";
        switch (source)
        {
            case PackageSource.Npm:
                _files[".npmrc"] = $"registry={address.AbsoluteUri}\n";
                break;
            case PackageSource.PyPI:
                _environment["PIP_INDEX_URL"] = address.AbsoluteUri;
                _environment.Remove("PIP_EXTRA_INDEX_URL");
                break;
            default:
                _files[NuGetConfig] = new XElement("configuration", new XElement("packageSources", new XElement("clear"), new XElement("add", new XAttribute("key", "mirror"), new XAttribute("value", address.AbsoluteUri)))) + "\n";
                break;
        }
    }
}
