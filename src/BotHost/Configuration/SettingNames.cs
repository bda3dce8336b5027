using System.Collections;
using CodingAgent.Agents.Tools;
using Microsoft.Extensions.Configuration.Json;

namespace CodingAgent.BotHost.Configuration;

/// <summary>
/// Every setting there is, and what of a configuration is none of them: a misspelt name would be passed over in silence. Names of .NET's
/// own (Logging, Kestrel, ...) and of other programs are nobody's mistake.
/// </summary>
public static class SettingNames
{
    // '*' stands for one part: a number in a list, a model's name.
    private static readonly string[] Names =
    [
        "Role", "Urls", "DataDirectory", "Forge:GitHub:Token", "Forge:GitHub:WebhookSecret", "Forge:GitHub:WebhookSecret:*", "Forge:GitHub:WebhookSecrets:*:For",
        "Forge:GitHub:WebhookSecrets:*:Installation", "Forge:GitHub:WebhookSecrets:*:Secret", "Forge:GitHub:WebhookSecrets:*:Secret:*", "Forge:GitHub:ApiUrl", "Forge:GitHub:App:Id", "Forge:GitHub:App:PrivateKey", "Forge:GitHub:App:PrivateKeyFile",
        "Forge:GitHub:Repositories", "Forge:GitHub:Repositories:*", "Forge:GitHub:AllowedBots", "Forge:GitHub:AllowedBots:*",
        "Forge:GitLab:Url", "Forge:GitLab:Token", "Forge:GitLab:WebhookSecret", "Forge:GitLab:WebhookSecret:*", "Forge:GitLab:WebhookSecrets:*:For", "Forge:GitLab:WebhookSecrets:*:Secret", "Forge:GitLab:WebhookSecrets:*:Secret:*",
        "Forge:GitLab:Repositories", "Forge:GitLab:Repositories:*", "Forge:GitLab:AllowedBots", "Forge:GitLab:AllowedBots:*", "Api:Key", "Api:TicketHosts", "Api:TicketHosts:*",
        "OPENAI_API_KEY", "OPENAI_BASE_URL", "Models:ApiKey", "Models:BaseUrl", "Models:Api", "Models:Default", "Models:Planner", "Models:Coder", "Models:Critic", "Models:Fallback",
        "Agents:Variants:*:Weight", "Agents:Variants:*:Folder", "Models:Prices:*:Input", "Models:Prices:*:CachedInput", "Models:Prices:*:Output", "Storage:KeyFile", "Storage:Keys", "Storage:KeyCommand", "Storage:KeyCommandTimeout",
        "Disk:NewWork", "Disk:Reserve", "Retention:Inbox", "Retention:Tasks", "Retention:Mirrors", "Web:RefusalsPerMinute", "Web:TrustedProxies",
        "Temporal:Address", "Temporal:Port", "Temporal:Namespace", "Temporal:TaskQueue", "Temporal:ApiKey", "Temporal:AllowUnauthenticated", "Temporal:Tls", "Temporal:TlsCa",
        "Temporal:TlsServerName", "Temporal:TlsCertificate", "Temporal:TlsKey", "Temporal:Retention", "Temporal:MaxDatabaseSize", "Codec:Origins", "Features:MultiRepo", "Flow:HeartbeatTimeout",
        "Egress:Hosts", "Egress:Hosts:*", "Egress:AllowedRanges", "Egress:AllowedRanges:*", "Egress:Proxy", "Egress:CertificateBundle",
        "Sandbox:AllowUnlimitedMemory", "Sandbox:DockerSocket", "Sandbox:PullImages", "Sandbox:BuildNetwork", "Sandbox:WorkspaceSize", "Sandbox:WorkspaceFiles",
        "Commits:SigningKeyFile", "Commits:SigningFormat", "Snapshots:MaxFiles", "Snapshots:MaxSize", "Snapshots:MaxTaskSize", "Records:Control:KeyFile", "Records:Control:PublicKeys", "Records:Agents:KeyFile", "Records:Agents:PublicKeys",
        "Records:Checks:KeyFile", "Records:Checks:PublicKeys",
        "Mcp:LockFile", "Mcp:AuditEvery", "Mcp:Servers:*:Package", "Mcp:Servers:*:Digest", "Mcp:Servers:*:Command", "Mcp:Servers:*:Command:*", "Mcp:Servers:*:Tools", "Mcp:Servers:*:Tools:*", "Mcp:Servers:*:Ask", "Mcp:Servers:*:Ask:*",
        "Mcp:Registries:npm", "Mcp:Registries:pypi", "Mcp:Registries:nuget", "Mcp:ProvenanceRoots", "SetUp:Secrets:*:Value", "SetUp:Secrets:*:ValueFile", "SetUp:Secrets:*:Hosts", "SetUp:Secrets:*:Hosts:*",
        "SetUp:Secrets:*:Header", "SetUp:Secrets:*:Repositories", "SetUp:Secrets:*:Repositories:*",
        "Pages:Hosts", "Pages:Hosts:*", "Search:Embeddings:Model", "Search:Embeddings:Dimensions", "Search:Embeddings:MaxChunks", "Advisories:Path", "Logging:Format", "Doctor:AtStart", "Sweep:Every",
    ];

    private static readonly HashSet<string> Sections = new(Names.Where(n => n.Contains(':', StringComparison.Ordinal)).Select(n => n.Split(':')[0]), StringComparer.OrdinalIgnoreCase);

    // What else a settings file of a .NET program may hold.
    private static readonly HashSet<string> Foreign = new(
        ["Logging", "Kestrel", "AllowedHosts", "ConnectionStrings", "Serilog", "OpenTelemetry", "Http_Ports", "Https_Ports", "Environment", "ApplicationName", "ContentRoot", "$schema"], StringComparer.OrdinalIgnoreCase);

    // Variables of the OpenAI clients in other languages, which share this service's environment and mean nothing here.
    private static readonly string[] OtherPrograms = ["OPENAI_ORG", "OPENAI_PROJECT", "OPENAI_LOG", "OPENAI_API_TYPE", "OPENAI_API_VERSION", "OPENAI_MODEL"];

    /// <summary>Every setting, <c>*</c> for the parts that are free.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>What is set and is no setting, one line each.</summary>
    /// <param name="configuration">The configuration: its settings files are looked through, and the process's environment.</param>
    public static IReadOnlyList<string> Unknown(IConfiguration configuration) => Unknown(configuration, Environment.GetEnvironmentVariables());

    /// <summary>Likewise, in this environment.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="environment">Variables by name.</param>
    public static IReadOnlyList<string> Unknown(IConfiguration configuration, IDictionary environment) =>
    [
        .. environment.Keys.OfType<string>().Order(StringComparer.Ordinal).Select(OfVariable).OfType<string>(),
        .. ((configuration as IConfigurationRoot)?.Providers ?? []).OfType<JsonConfigurationProvider>().SelectMany(file => KeysOf(file, null).Select(key => OfFile(key, file.Source.Path ?? "the settings file"))).OfType<string>(),
    ];

    private static string? OfVariable(string name)
    {
        var key = name.Replace("__", ":", StringComparison.Ordinal);
        if (IsKnown(key) || OtherPrograms.Any(o => name.StartsWith(o, StringComparison.Ordinal)))
            return null;
        // One underline where there should be two, or none: the letters are right.
        var letters = Letters(name);
        var meant = Names.FirstOrDefault(n => !n.Contains('*', StringComparison.Ordinal) && Letters(n) == letters);
        // Of other programs' variables only what is nearly ours is told.
        var section = key.Split(':')[0];
        var isOurs = key.Contains(':', StringComparison.Ordinal) && !IsForeign(key) && (Sections.Contains(section) || Nearest.Of(section, Sections) is not null);
        meant ??= isOurs || name.StartsWith("OPENAI_", StringComparison.OrdinalIgnoreCase) ? NearestOf(key) : null;
        return meant is not null || (isOurs && Sections.Contains(section)) ? Line($"The environment variable {name}", meant is null ? null : VariableOf(meant)) : null;
    }

    private static string? OfFile(string key, string file) =>
        IsKnown(key) || IsForeign(key) ? null : Line($"{key} in {file}", NearestOf(key));

    // But for the one that is ours among .NET's.
    private static bool IsForeign(string key) => Foreign.Contains(key.Split(':')[0]) && NearestOf(key) is null;

    private static string Line(string what, string? meant) => $"{what} is no setting, and nothing reads it{(meant is null ? ". All are listed in docs/guide/configuration.md." : $"; is {meant} meant?")}";

    private static string VariableOf(string key) => key.Replace(":", "__", StringComparison.Ordinal);

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static bool IsKnown(string key) => Names.Any(name => Fits(name.Split(':'), key.Split(':')));

    private static bool Fits(string[] name, string[] key) =>
        name.Length == key.Length && name.Zip(key).All(p => p.First == "*" ? p.Second.Length > 0 : p.First.Equals(p.Second, StringComparison.OrdinalIgnoreCase));

    // Free parts are taken over from what is written.
    private static string? NearestOf(string key)
    {
        var parts = key.Split(':');
        return Nearest.Of(key, Names.Select(name => name.Split(':') is var n && n.Length == parts.Length ? string.Join(':', n.Select((p, i) => p == "*" ? parts[i] : p)) : name).Where(n => !n.Contains('*', StringComparison.Ordinal)));
    }

    // Names whose value is another level have none themselves.
    private static IEnumerable<string> KeysOf(IConfigurationProvider provider, string? parent)
    {
        foreach (var part in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = parent is null ? part : $"{parent}:{part}";
            var below = KeysOf(provider, key).ToList();
            if (below.Count == 0)
                yield return key;
            foreach (var inner in below)
                yield return inner;
        }
    }
}
