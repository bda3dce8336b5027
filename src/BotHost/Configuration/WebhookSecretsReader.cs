using System.Globalization;
using CodingAgent.Forges;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads the keys <c>Forge:GitHub:WebhookSecret</c> and <c>Forge:GitHub:WebhookSecrets:N</c>.</summary>
internal static class WebhookSecretsReader
{
    private const string Default = "Forge:GitHub:WebhookSecret";
    private const string List = "Forge:GitHub:WebhookSecrets";

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ConfigurationException">There is none, or one could not do what it is for.</exception>
    public static WebhookSecrets Read(IConfiguration configuration)
    {
        if (configuration[List] is { Length: > 0 })
            throw new ConfigurationException($"{List} is a list: write {List}:0:For and {List}:0:Secret (environment: Forge__GitHub__WebhookSecrets__0__For, …).");
        var secrets = new WebhookSecrets(SecretsOf(configuration, Default), [.. configuration.GetSection(List).GetChildren().Select(s => EntryOf(configuration, s))]);
        if (!secrets.All.Any())
            HostSettingsReader.Secret(configuration, Default, "the secret GitHub signs webhooks with");
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (whose, secret) in secrets.Others.Select(s => ("everybody", s)).Concat(secrets.Entries.SelectMany(e => e.Secrets.Select(s => (e.Words, s)))))
        {
            if (!seen.TryAdd(secret, whose))
                throw new ConfigurationException($"{List}: {whose} and {seen[secret]} have the same secret; each needs its own, or one could speak for the other.");
        }

        foreach (var twice in secrets.Entries.GroupBy(e => e.Words, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            throw new ConfigurationException($"{List} names {twice.Key} twice; write several secrets of one as {List}:N:Secret:0, {List}:N:Secret:1.");
        return secrets;
    }

    private static WebhookSecrets.Entry EntryOf(IConfiguration configuration, IConfigurationSection section)
    {
        if (section.GetChildren().FirstOrDefault(c => c.Key.ToLowerInvariant() is not ("for" or "installation" or "secret")) is { } unknown)
            throw new ConfigurationException($"{unknown.Path} is not a key; an entry has For, Installation and Secret.");
        var name = HostSettingsReader.Optional(configuration, $"{section.Path}:For");
        // A name of both parts is one the forge could have.
        if (name is null || !RepoRef.TryParse(name.Contains('/', StringComparison.Ordinal) ? $"github:{name}" : $"github:{name}/x", out _))
            throw new ConfigurationException($"{section.Path}:For is '{name}'; write the owner, or owner/name of the repository, that the secret may speak for.");
        var installation = HostSettingsReader.Optional(configuration, $"{section.Path}:Installation");
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
