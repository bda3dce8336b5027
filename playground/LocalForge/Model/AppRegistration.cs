using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>An app: who made it, what it may ask for, and the public half of the key that it signs with.</summary>
internal sealed class AppRegistration(long id, string name, Account owner, Account bot, string publicKey, IReadOnlyDictionary<string, string> permissions, IReadOnlyList<string> events)
{
    public long Id { get; } = id;

    public string Name { get; } = name;

    public string ClientId => $"Iv23li{Id}";

    public Account Owner { get; } = owner;

    /// <summary>The account it shows as.</summary>
    public Account Bot { get; } = bot;

    public string PublicKey { get; } = publicKey;

    /// <summary>What it asks whoever installs it for: level by name.</summary>
    public IReadOnlyDictionary<string, string> Permissions { get; } = permissions;

    public IReadOnlyList<string> Events { get; } = events;

    public List<AppInstallation> Installations { get; } = [];
}

/// <summary>An app that somebody agreed to have made.</summary>
internal sealed record AppDraft(Account Owner, string Name, Uri HookUrl, IReadOnlyDictionary<string, string> Permissions, IReadOnlyList<string> Events, IReadOnlyList<string> Callbacks, DateTimeOffset Ends);

/// <summary>An app on an account: for which of its repositories, and with what its owner granted.</summary>
internal sealed class AppInstallation(long id, AppRegistration app, Account account, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    public AppRegistration App { get; } = app;

    public Account Account { get; } = account;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public IReadOnlyDictionary<string, string> Permissions { get; set; } = app.Permissions;

    /// <summary>Ids of the repositories that were selected; null for all.</summary>
    public HashSet<long>? Selected { get; set; }

    public DateTimeOffset? SuspendedAt { get; set; }

    public bool Covers(Repo repo) => repo.Owner == Account && (Selected is null || Selected.Contains(repo.Id));
}

/// <summary>What a token of an installation allows, which can be less than the installation has.</summary>
internal sealed record AppGrant(AppInstallation Installation, IReadOnlySet<long>? Repositories, IReadOnlyDictionary<string, string> Permissions, DateTimeOffset Ends)
{
    public bool Covers(Repo repo) => Installation.Covers(repo) && (Repositories is null || Repositories.Contains(repo.Id));

    public bool Allows(string permission, string level) => Permissions.TryGetValue(permission, out var has) && (has == level || level == "read");
}

/// <summary>All apps and their tokens. Callers hold the gate.</summary>
internal sealed class AppDirectory(Func<DateTimeOffset> now)
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);
    private readonly Dictionary<string, AppGrant> _grants = new(StringComparer.Ordinal);

    public List<AppRegistration> All { get; } = [];

    /// <summary>Manifests that somebody agreed to, by the code that takes their credentials, once.</summary>
    public Dictionary<string, AppDraft> Drafts { get; } = new(StringComparer.Ordinal);

    public AppRegistration? Find(string slug) => All.Find(a => a.Bot.AppSlug.Equals(slug, StringComparison.OrdinalIgnoreCase));

    public AppInstallation? InstallationOf(Repo repo) => All.SelectMany(a => a.Installations).FirstOrDefault(i => i.Covers(repo));

    public (string Token, AppGrant Grant) Grant(AppInstallation installation, IReadOnlySet<long>? repositories, IReadOnlyDictionary<string, string> permissions)
    {
        var token = "ghs_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 36);
        var grant = new AppGrant(installation, repositories, permissions, now() + TokenLife);
        _grants[KeyOf(token)] = grant;
        return (token, grant);
    }

    /// <summary>What a token allows; null when nobody has it, it has ended, or its installation is gone.</summary>
    public AppGrant? FindGrant(string token) =>
        _grants.GetValueOrDefault(KeyOf(token)) is { } grant && grant.Ends > now() && grant.Installation.App.Installations.Contains(grant.Installation) ? grant : null;

    /// <summary>Ends every token, as GitHub does when it finds one in the open.</summary>
    public void RevokeAll() => _grants.Clear();

    private static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
