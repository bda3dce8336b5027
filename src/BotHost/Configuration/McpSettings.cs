using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.ThirdParty;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The MCP servers of others that this operator allows: the keys below <c>Mcp:</c>.</summary>
/// <param name="Servers">The allow list.</param>
/// <param name="LockFile">What was approved of them.</param>
/// <param name="AuditEvery">How often the service audits them; null for never.</param>
public sealed record McpSettings(IReadOnlyList<ThirdPartyServer> Servers, string LockFile, TimeSpan? AuditEvery)
{
    /// <summary>Mirrors that their packages come from, by source; where none is named, this host's own settings say.</summary>
    public IReadOnlyDictionary<PackageSource, Uri> Registries { get; init; } = new Dictionary<PackageSource, Uri>();

    /// <summary>PEM file of the authorities that certificates of attestations must come from; null where none is named.</summary>
    public string? ProvenanceRoots { get; init; }

    /// <summary>None.</summary>
    public static McpSettings None { get; } = new([], "", null);

    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">Configuration.</param>
    /// <param name="data">The data folder.</param>
    /// <exception cref="ConfigurationException">A key is missing or malformed.</exception>
    public static McpSettings Read(IConfiguration configuration, string data)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new McpSettings(
            [.. configuration.GetSection("Mcp:Servers").GetChildren().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Server(configuration, s.Key))],
            Path.GetFullPath(HostSettingsReader.Optional(configuration, "Mcp:LockFile") ?? Path.Combine(data, "mcp.lock.json")),
            Quantities.Retention("Mcp:AuditEvery", configuration["Mcp:AuditEvery"], TimeSpan.FromDays(1)))
        {
            ProvenanceRoots = HostSettingsReader.Optional(configuration, "Mcp:ProvenanceRoots") is { } roots ? Path.GetFullPath(roots) : null,
            Registries = Enum.GetValues<PackageSource>().Select(s => (Source: s, Address: Registry(configuration, s))).Where(r => r.Address is not null).ToDictionary(r => r.Source, r => r.Address!),
        };
    }

    private static Uri? Registry(IConfiguration configuration, PackageSource source)
    {
        var key = $"Mcp:Registries:{source.ToString().ToLowerInvariant()}";
        if (HostSettingsReader.Optional(configuration, key) is not { } text)
            return null;
        // What it says is not repeated: a person may have put a token there.
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == "https" && uri.UserInfo.Length + uri.Query.Length + uri.Fragment.Length == 0 && HostName.Normalize(uri.IdnHost) is not null
            ? uri
            : throw new ConfigurationException($"{key} is no address that can be used; write https://HOST/PATH with a host's name, without user, password, query or fragment.");
    }

    private static ThirdPartyServer Server(IConfiguration configuration, string key)
    {
        var (name, at) = (key.ToLowerInvariant(), $"Mcp:Servers:{key}");
        if (!ThirdPartyServer.IsName(name))
            throw new ConfigurationException($"{at}: a server's name has small letters, digits and hyphens, at most 24, and begins with a letter.");
        string Needed(string part, string example) => HostSettingsReader.Optional(configuration, $"{at}:{part}") ?? throw new ConfigurationException($"{at}:{part} is missing; write e.g. {example}.");
        var digest = Needed("Digest", "sha512-… as 'npm view NAME@VERSION dist.integrity' says");
        var package = Package(at, Needed("Package", "npm:NAME@1.2.3"));
        if (!package.TakesDigest(digest))
            throw new ConfigurationException($"{at}:Digest is '{digest}'; write {package.DigestHint}.");
        var tools = EgressSettings.Items(configuration, $"{at}:Tools").Distinct(StringComparer.Ordinal).ToArray();
        if (tools.Length == 0)
            throw new ConfigurationException($"{at}:Tools is missing; name the tools that may be used, separated by commas. There is no word for all of them.");
        var asks = EgressSettings.Items(configuration, $"{at}:Ask").ToHashSet(StringComparer.Ordinal);
        if (asks.Except(tools).FirstOrDefault() is { } stray)
            throw new ConfigurationException($"{at}:Ask has '{stray}', which {at}:Tools does not name.");
        // Arguments may hold blanks where they are listed one by one.
        var listed = configuration.GetSection($"{at}:Command").GetChildren().Select(c => c.Value ?? "").ToArray();
        var command = listed.Length > 0 ? listed : Needed("Command", "'mcp-server-name --option'").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (command[0].Length == 0 || !command[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || command[0].StartsWith('.'))
            throw new ConfigurationException($"{at}:Command begins with '{command[0]}'; write the name of a program of the package: of npm as in its package.json below bin, of PyPI a console script, of NuGet the tool's command.");
        return new ThirdPartyServer(name, package, digest, command, tools) { Asks = asks };
    }

    private static ServerPackage Package(string at, string text)
    {
        try
        {
            return ServerPackage.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"{at}:Package: {e.Message}");
        }
    }
}
