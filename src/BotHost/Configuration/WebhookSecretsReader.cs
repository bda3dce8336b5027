using System.Globalization;
using CodingAgent.Forges;
using CodingAgent.Forges.Webhooks;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads the keys <c>Forge:*:WebhookSecret</c> and <c>Forge:*:WebhookSecrets:N</c>.</summary>
internal static class WebhookSecretsReader
{
    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">There is none, or one could not do what it is for.</exception>
    public static WebhookSecrets Read(IConfiguration configuration, ForgeKind forge)
    {
        var (single, list) = ($"Forge:{forge}:WebhookSecret", $"Forge:{forge}:WebhookSecrets");
        if (configuration[list] is { Length: > 0 })
            throw new ConfigurationException($"{list} is a list: write {list}:0:For and {list}:0:Secret (environment: {list.Replace(":", "__", StringComparison.Ordinal)}__0__For, …).");
        var secrets = new WebhookSecrets(SecretsOf(configuration, single), [.. configuration.GetSection(list).GetChildren().Select(s => EntryOf(configuration, forge, s))]);
        if (!secrets.All.Any())
            HostSettingsReader.Secret(configuration, single, $"the secret of the webhook's settings on {forge}");
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (whose, secret) in secrets.Others.Select(s => ("everybody", s)).Concat(secrets.Entries.SelectMany(e => e.Secrets.Select(s => (e.Words, s)))))
        {
            if (!seen.TryAdd(secret, whose))
                throw new ConfigurationException($"{list}: {whose} and {seen[secret]} have the same secret; each needs its own, or one could speak for the other.");
        }

        foreach (var twice in secrets.Entries.GroupBy(e => e.Words, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            throw new ConfigurationException($"{list} names {twice.Key} twice; write several secrets of one as {list}:N:Secret:0, {list}:N:Secret:1.");
        return secrets;
    }

    private static WebhookSecrets.Entry EntryOf(IConfiguration configuration, ForgeKind forge, IConfigurationSection section)
    {
        // GitLab has no installations.
        string[] keys = forge == ForgeKind.GitHub ? ["For", "Installation", "Secret"] : ["For", "Secret"];
        if (section.GetChildren().FirstOrDefault(c => !keys.Contains(c.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new ConfigurationException($"{unknown.Path} is not a key; an entry has {string.Join(", ", keys)}.");
        var name = HostSettingsReader.Optional(configuration, $"{section.Path}:For");
        // A name of both parts is one the forge could have.
        if (name is null || !RepoRef.TryParse(name.Contains('/', StringComparison.Ordinal) ? $"{forge}:{name}" : $"{forge}:{name}/x", out _))
            throw new ConfigurationException($"{section.Path}:For is '{name}'; write the owner, or owner/name of the repository, that the secret may speak for.");
        var installation = forge == ForgeKind.GitHub ? HostSettingsReader.Optional(configuration, $"{section.Path}:Installation") : null;
        long id = 0;
        if (installation is not null && !(long.TryParse(installation, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0))
            throw new ConfigurationException($"{section.Path}:Installation is '{installation}'; write the number at the end of the installation's address on GitHub.");
        var secrets = SecretsOf(configuration, $"{section.Path}:Secret");
        return secrets.Count > 0
            ? new WebhookSecrets.Entry(name, installation is null ? null : id, secrets)
            : throw new ConfigurationException($"{section.Path}:Secret is missing: set the environment variable {section.Path.Replace(":", "__", StringComparison.Ordinal)}__Secret to the secret that signs {name}'s webhooks.");
    }

    // One, or while it is being changed several.
    private static List<string> SecretsOf(IConfiguration configuration, string key) =>
        [.. configuration.GetSection(key).GetChildren().Select(c => c.Path).Prepend(key).Select(k => HostSettingsReader.Header(configuration, k)).OfType<string>()];
}
