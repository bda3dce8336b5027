using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Credentials that named steps of set-up may use: the keys below <c>SetUp:Secrets:NAME</c>.</summary>
public static class SetupSecretSettings
{
    private const long LargestFile = 64 << 10;

    // Headers that decide where a request goes or how it is read.
    private static readonly HashSet<string> Reserved = new(["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Proxy-Authorization", "Cookie", "TE", "Expect"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">Configuration.</param>
    /// <exception cref="ConfigurationException">A key is missing or malformed; the message holds no value.</exception>
    public static IReadOnlyList<SetupSecret> Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return [.. configuration.GetSection("SetUp:Secrets").GetChildren().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Secret(configuration, s.Key))];
    }

    private static SetupSecret Secret(IConfiguration configuration, string name)
    {
        var at = $"SetUp:Secrets:{name}";
        if (!SetupSecret.IsName(name))
            throw new ConfigurationException($"{at}: a secret's name has letters, digits, '_' and '-', at most 40, and begins with a letter.");
        var hosts = EgressSettings.Items(configuration, $"{at}:Hosts").Select(h => EgressSettings.Host($"{at}:Hosts", h)).ToArray();
        if (hosts.Length == 0)
            throw new ConfigurationException($"{at}:Hosts is missing; name the hosts that it may be sent to.");
        if (Array.Find(hosts, h => h.Below) is { } wide)
            throw new ConfigurationException($"{at}:Hosts has '{wide}'; name each host, for a secret goes to no unknown one.");
        var repositories = EgressSettings.Items(configuration, $"{at}:Repositories").ToArray();
        if (repositories.Length == 0)
            throw new ConfigurationException($"{at}:Repositories is missing; name the repositories whose policy may use it, such as github:owner/name or github:owner/*.");
        if (Array.Find(repositories, r => !RepoRef.TryParse(r.EndsWith("/*", StringComparison.Ordinal) ? r[..^1] + "any" : r, out _)) is { } stray)
            throw new ConfigurationException($"{at}:Repositories has '{stray}'; write github:owner/name, or github:owner/* for all of an owner.");
        var header = HostSettingsReader.Optional(configuration, $"{at}:Header") ?? "Authorization";
        if (!header.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || Reserved.Contains(header))
            throw new ConfigurationException($"{at}:Header is no header that a credential can be sent in.");
        var (value, file) = (HostSettingsReader.Header(configuration, $"{at}:Value"), HostSettingsReader.Optional(configuration, $"{at}:ValueFile"));
        return (value, file) switch
        {
            (not null, null) => new SetupSecret(name, hosts, header, repositories, () => value),
            (null, not null) => new SetupSecret(name, hosts, header, repositories, () => FromFile(Path.GetFullPath(file))),
            _ => throw new ConfigurationException($"{at} needs one of :Value and :ValueFile: the header's whole value, such as 'Bearer ...', or a file that holds it and is read for each set-up."),
        };
    }

    private static string? FromFile(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= LargestFile } ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
