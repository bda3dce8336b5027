using System.Security.Cryptography;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <content>Apps and where they are installed.</content>
public sealed partial class LocalForgeServer
{
    /// <summary>What an app asks for that no other list was given for: what <c>app-manifest.yml</c> names.</summary>
    public static IReadOnlyDictionary<string, string> AppPermissions { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["metadata"] = "read",
        ["contents"] = "write",
        ["issues"] = "write",
        ["pull_requests"] = "write",
        ["checks"] = "write",
        ["statuses"] = "read",
        ["actions"] = "write",
    };

    /// <summary>The events that an app is sent for which no other list was given: likewise.</summary>
    public static IReadOnlyList<string> AppEvents { get; } =
        ["issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "check_run", "check_suite", "workflow_run", "status"];

    /// <summary>Adds an app that signs with this key.</summary>
    /// <param name="owner">Login of whose it is.</param>
    /// <param name="slug">Its name in addresses; it shows as <c>slug[bot]</c>.</param>
    /// <param name="publicKey">The public half of its key, as PEM.</param>
    /// <param name="permissions">What it asks for: level by name; null for <see cref="AppPermissions"/>.</param>
    /// <param name="events">Events it is sent; null for <see cref="AppEvents"/>.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="InvalidOperationException">The owner is not there, or the name is taken.</exception>
    public long CreateApp(string owner, string slug, string publicKey, IReadOnlyDictionary<string, string>? permissions = null, IReadOnlyList<string>? events = null) => InGate(() =>
    {
        var bot = _world.AddAccount(slug + "[bot]", RandomNumberGenerator.GetHexString(40), AccountKind.Bot);
        var app = new AppRegistration(_world.NextId(), slug, Find(owner), bot, publicKey, permissions ?? AppPermissions, events ?? AppEvents);
        _world.Apps.All.Add(app);
        return app.Id;
    });

    /// <summary>Adds a program by which people sign in elsewhere with their account here, as an OAuth app of GitHub's or, with the scope <c>read_user</c>, an application of GitLab's.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="isGitLab">Of which face it is.</param>
    /// <param name="callbacks">Where people may be sent back to.</param>
    /// <returns>Its client id and secret.</returns>
    public (string ClientId, string ClientSecret) CreateSignIn(string name, bool isGitLab, params string[] callbacks) => InGate(() =>
    {
        var application = new OAuthApplication(RandomNumberGenerator.GetHexString(isGitLab ? 64 : 20, lowercase: true), name, RandomNumberGenerator.GetHexString(40, lowercase: true), callbacks, isGitLab);
        _world.OAuth.Applications.Add(application);
        return (application.ClientId, application.Secret);
    });

    /// <summary>Installs an app on an account, or changes for which of its repositories it is; none for all.</summary>
    /// <returns>The installation's id.</returns>
    public long InstallApp(string slug, string account, params string[] repositories) => InGate(() => _actions!.Install(App(slug), Find(account), repositories.Length == 0
        ? null
        : repositories.Select(r => _world.FindRepo(account, r) ?? throw new InvalidOperationException($"There is no repository '{account}/{r}'."))).Id);

    /// <summary>Takes an app off an account.</summary>
    public void RemoveApp(string slug, string account) => InGate(() =>
    {
        var installation = Installation(slug, account);
        installation.App.Installations.Remove(installation);
        _actions!.TellInstallation(installation, "deleted");
        return true;
    });

    /// <summary>Has an account's owner suspend an app there, or take that back.</summary>
    public void SuspendApp(string slug, string account, bool isSuspended) => InGate(() =>
    {
        var installation = Installation(slug, account);
        installation.SuspendedAt = isSuspended ? _world.Now : null;
        _actions!.TellInstallation(installation, isSuspended ? "suspend" : "unsuspend");
        return true;
    });

    /// <summary>Has an account's owner grant an app what it asks for now, or what they are left with.</summary>
    public void GrantApp(string slug, string account, IReadOnlyDictionary<string, string> permissions) => InGate(() =>
    {
        var installation = Installation(slug, account);
        installation.Permissions = permissions;
        _actions!.TellInstallation(installation, "new_permissions_accepted");
        return true;
    });

    /// <summary>Ends every token that any app has.</summary>
    public void RevokeAppTokens() => InGate(() =>
    {
        _world.Apps.RevokeAll();
        return true;
    });

    private AppRegistration App(string slug) => _world.Apps.Find(slug) ?? throw new InvalidOperationException($"There is no app '{slug}'.");

    private AppInstallation Installation(string slug, string account) =>
        App(slug).Installations.Find(i => i.Account.Login == account) ?? throw new InvalidOperationException($"The app '{slug}' is not installed on '{account}'.");
}
