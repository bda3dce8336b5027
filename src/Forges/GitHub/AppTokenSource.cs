using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Forges.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// Installation tokens of a GitHub App: each for one repository and for what one kind of call must be able to do, kept until shortly before it
/// ends. What an owner changes about the installation is seen when the next token is asked for; nothing is held against anybody.
/// </summary>
public sealed partial class AppTokenSource : ITokenSource, IDisposable
{
    /// <summary>The setting that the credentials come from.</summary>
    public const string Setting = "Forge:GitHub:App";

    // Longer than the longest single request that is made with one.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestUse = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    // Not every server of GitHub knows a token at once (octokit/auth-app.js#65).
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Kept> _kept = [];
    private readonly Dictionary<Key, Task<Kept>> _flights = [];
    private readonly Dictionary<string, AppInstallation> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly AppApi _api;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Makes the source.</summary>
    /// <param name="options">Where GitHub is.</param>
    /// <param name="app">The app.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Receives what is asked for, at debug level; never a token.</param>
    /// <param name="transport">What sends, owned by this from now on; it must not follow redirects by itself. The default does as it should.</param>
    /// <exception cref="ArgumentException">An option is wrong; one line.</exception>
    public AppTokenSource(GitHubOptions options, AppCredentials app, TimeProvider time, ILogger<AppTokenSource> logger, HttpMessageHandler? transport = null)
    {
        _api = new AppApi(options, app, time, logger, transport ?? RepeatingPipeline.NewTransport());
        (_time, _logger, Fingerprint) = (time, logger, app.Fingerprint);
    }

    /// <summary>The app's own calls.</summary>
    internal AppApi Api => _api;

    /// <summary>What GitHub shows beside the key.</summary>
    internal string Fingerprint { get; }

    /// <inheritdoc/>
    /// <exception cref="ForgeRejectedException">
    /// <see cref="HttpStatusCode.Unauthorized"/>: nothing at all can be done now (suspended, installed nowhere, a wrong key).
    /// <see cref="HttpStatusCode.NotFound"/>: the app is not installed on the repository, or there is none.
    /// <see cref="HttpStatusCode.Forbidden"/>: the owner does not grant a permission that this needs. One line says which, and where it is mended.
    /// </exception>
    /// <exception cref="ForgeUnavailableException">GitHub is away.</exception>
    public async ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken)
    {
        var key = new Key(repo?.FullName.ToLowerInvariant() ?? "", permissions);
        Task<Kept>? flight;
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var kept) && kept.RenewAt > _time.GetUtcNow())
                return kept.Token;
            if (!_flights.TryGetValue(key, out flight))
            {
                // Whoever asked first may give up; the others still wait.
                flight = Task.Run(() => AskAsync(key, repo, step), CancellationToken.None);
                _flights[key] = flight;
            }
        }

        return (await flight.WaitAsync(cancellationToken)).Token;
    }

    /// <inheritdoc/>
    public bool Drop(ForgeToken token)
    {
        lock (_gate)
        {
            var (key, kept) = _kept.FirstOrDefault(k => k.Value.Token.Secret == token.Secret);
            if (kept is not null && _time.GetUtcNow() - kept.AskedAt >= Settling)
                _kept.Remove(key);
            return true;
        }
    }

    /// <summary>Whether branches of the repository may be pushed, as its owner has it now.</summary>
    internal async Task<bool> MayPushAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        AppInstallation? seen;
        lock (_gate)
            seen = _seen.GetValueOrDefault(repo.FullName);
        return (seen is not null && AppPermissions.Grants(seen.Permissions, "contents", AppPermissions.Write))
            || AppPermissions.Grants((await _api.InstallationOfAsync(repo, cancellationToken)).Permissions, "contents", AppPermissions.Write);
    }

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    private async Task<Kept> AskAsync(Key key, RepoRef? repo, string step)
    {
        try
        {
            var kept = await NewAsync(repo, step, key.Permissions);
            lock (_gate)
            {
                foreach (var (old, _) in _kept.Where(k => k.Value.RenewAt <= kept.AskedAt).ToList())
                    _kept.Remove(old);
                _kept[key] = kept;
            }

            return kept;
        }
        finally
        {
            lock (_gate)
                _flights.Remove(key);
        }
    }

    private async Task<Kept> NewAsync(RepoRef? repo, string step, TokenPermissions permissions)
    {
        var installation = repo is null ? await _api.AnyInstallationAsync(CancellationToken.None) : await _api.InstallationOfAsync(repo, CancellationToken.None);
        var whose = repo?.FullName ?? installation.Account;
        if (installation.IsSuspended)
            throw new ForgeRejectedException($"The App's installation on {installation.Account} is suspended: its owner can take that back at {installation.WebUrl} ({Setting}).", HttpStatusCode.Unauthorized);
        // Account-level calls read what everybody may.
        var (asked, missing) = AppPermissions.For(repo is null ? TokenPermissions.None : permissions, installation.Permissions);
        if (missing.Count > 0)
            throw new ForgeRejectedException($"The App's installation on {installation.Account} does not grant {string.Join(", ", missing)}, which {step} of {whose} needs: request it in the app's settings, and have it accepted at {installation.WebUrl} ({Setting}).", HttpStatusCode.Forbidden);
        var words = string.Join(", ", asked.Select(p => $"{p.Key}: {p.Value}"));
        LogAsked(whose, step, words);
        var now = _time.GetUtcNow();
        var (secret, end) = await _api.NewTokenAsync(installation, repo, asked, CancellationToken.None);
        if (repo is not null)
        {
            lock (_gate)
                _seen[repo.FullName] = installation;
        }

        // By the forge's clock, which ours may differ from: then a token is used for a minute at least, and for an hour at most.
        var life = end - now < LongestLife ? end - now : LongestLife;
        var use = life - RenewBefore > ShortestUse ? life - RenewBefore : ShortestUse;
        return new Kept(new ForgeToken(secret, "x-access-token"), now, now + use);
    }

    [LoggerMessage(EventId = 2010, Level = LogLevel.Debug, Message = "A token is asked for: {Repository}, for {Step}, allowing {Permissions}")]
    private partial void LogAsked(string repository, string step, string permissions);

    private readonly record struct Key(string Repository, TokenPermissions Permissions);

    private sealed record Kept(ForgeToken Token, DateTimeOffset AskedAt, DateTimeOffset RenewAt);
}

/// <summary>An installation of the app, as its owner has it now.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Account">Login of the person or organisation.</param>
/// <param name="Permissions">What is granted: level by name.</param>
/// <param name="Events">Events that are sent.</param>
/// <param name="IsSuspended">Whether it may do nothing now.</param>
/// <param name="WebUrl">Its page, for its owner.</param>
internal sealed record AppInstallation(long Id, string Account, IReadOnlyDictionary<string, string> Permissions, IReadOnlyList<string> Events, bool IsSuspended, string WebUrl);

/// <summary>What GitHub says of the app itself.</summary>
/// <param name="Slug">Its name in addresses, and with <c>[bot]</c> behind it its login.</param>
/// <param name="WebUrl">Its page.</param>
/// <param name="Permissions">What it asks its installers for: level by name.</param>
/// <param name="Events">Events that it asks for.</param>
internal sealed record AppIdentity(string Slug, string WebUrl, IReadOnlyDictionary<string, string> Permissions, IReadOnlyList<string> Events);

/// <summary>The calls that are made as the app itself, signed by its key.</summary>
internal sealed class AppApi : IDisposable
{
    private const int PageSize = 100;
    private const int MostPages = 10;
    private readonly GitHubApi _api;
    private AppIdentity? _identity;

    public AppApi(GitHubOptions options, AppCredentials app, TimeProvider time, ILogger logger, HttpMessageHandler transport) =>
        _api = new GitHubApi(transport, options with { CredentialSetting = AppTokenSource.Setting }, new Signed(app, time), time, logger);

    /// <summary>Who the app is; asked once.</summary>
    public async Task<AppIdentity> GetIdentityAsync(CancellationToken cancellationToken)
    {
        if (_identity is { } known)
            return known;
        var answer = await GetAsync("app", cancellationToken);
        return _identity = new AppIdentity(Text(answer, "slug"), Text(answer, "html_url"), PermissionsOf(answer), EventsOf(answer));
    }

    /// <summary>All installations, in pages of a hundred, a thousand at most.</summary>
    public async Task<IReadOnlyList<AppInstallation>> ListInstallationsAsync(CancellationToken cancellationToken)
    {
        var all = new List<AppInstallation>();
        for (var page = 1; page <= MostPages; page++)
        {
            var answer = await GetAsync($"app/installations?per_page={PageSize}&page={page}", cancellationToken) as JsonArray;
            all.AddRange((answer ?? []).Select(InstallationOf));
            if (answer is not { Count: PageSize })
                break;
        }

        return all;
    }

    /// <summary>One that is not suspended.</summary>
    /// <exception cref="ForgeRejectedException">There is none.</exception>
    public async Task<AppInstallation> AnyInstallationAsync(CancellationToken cancellationToken)
    {
        var all = await ListInstallationsAsync(cancellationToken);
        return all.FirstOrDefault(i => !i.IsSuspended) ?? (all is [var first, ..] ? first : null)
            ?? throw new ForgeRejectedException($"The App is installed nowhere: install it at {(await GetIdentityAsync(cancellationToken)).WebUrl}/installations/new ({AppTokenSource.Setting}).", HttpStatusCode.Unauthorized);
    }

    /// <summary>The installation that a repository belongs to.</summary>
    /// <exception cref="ForgeRejectedException">There is none; one line says whether the app is not installed there, or not for this repository.</exception>
    public async Task<AppInstallation> InstallationOfAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        try
        {
            return InstallationOf(await GetAsync($"repos/{repo.Owner}/{repo.Name}/installation", cancellationToken));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.NotFound)
        {
            var identity = await GetIdentityAsync(cancellationToken);
            AppInstallation owners;
            try
            {
                // Of a person or of an organisation.
                owners = InstallationOf(await GetAsync($"users/{repo.Owner}/installation", cancellationToken));
            }
            catch (ForgeRejectedException none) when (none.Status == HttpStatusCode.NotFound)
            {
                throw new ForgeRejectedException($"The App is not installed on {repo.Owner}, or not any more: install it for {repo.FullName} at {identity.WebUrl}/installations/new ({AppTokenSource.Setting}).", HttpStatusCode.NotFound);
            }

            throw new ForgeRejectedException($"{repo.FullName} is not among the repositories that the App's installation on {repo.Owner} may see: select it at {owners.WebUrl}, if it is there ({AppTokenSource.Setting}).", HttpStatusCode.NotFound);
        }
    }

    /// <summary>A new token, and when it ends.</summary>
    public async Task<(string Secret, DateTimeOffset Ends)> NewTokenAsync(AppInstallation installation, RepoRef? repo, IReadOnlyDictionary<string, string> permissions, CancellationToken cancellationToken)
    {
        JsonNode answer;
        try
        {
            answer = await PostAsync(repo is null ? new { permissions } : new { repositories = new[] { repo.Name }, permissions });
        }
        catch (ForgeRejectedException e) when (repo is not null && e.Status == HttpStatusCode.UnprocessableEntity)
        {
            // The only names it knows are those of today; its id a repository keeps.
            answer = await PostAsync(new { repository_ids = new[] { await IdOfAsync(repo) }, permissions });
        }

        return Text(answer, "token") is { Length: > 0 } secret && DateTimeOffset.TryParse(Text(answer, "expires_at"), out var ends)
            ? (secret, ends)
            : throw new ForgeUnavailableException("GitHub answered the request for an installation token without one.");

        Task<JsonNode> PostAsync(object body) => _api.RunAsync(
            new GitHubCall(null, cancellationToken),
            async c => (await c.Connection.Post<JsonNode>(new Uri($"app/installations/{installation.Id}/access_tokens", UriKind.Relative), JsonSerializer.Serialize(body), null, null)).Body);

        async Task<long> IdOfAsync(RepoRef named)
        {
            var reading = Text(await PostAsync(new { permissions = new Dictionary<string, string> { ["metadata"] = AppPermissions.Read } }), "token");
            var found = await _api.RunAsync(new GitHubCall(named, cancellationToken) { Token = reading }, c => c.Repository.Get(named.Owner, named.Name));
            return found.Id;
        }
    }

    /// <summary>The App's own webhook.</summary>
    public async Task<(Uri? Url, string ContentType, bool HasSecret)> GetHookAsync(CancellationToken cancellationToken)
    {
        var answer = await GetAsync("app/hook/config", cancellationToken);
        return (Uri.TryCreate(Text(answer, "url"), UriKind.Absolute, out var url) ? url : null, Text(answer, "content_type"), Text(answer, "secret").Length > 0);
    }

    /// <summary>What runs its calls, signed by the app.</summary>
    public GitHubApi Calls => _api;

    /// <summary>Its last deliveries, the newest first.</summary>
    public Task<List<GitHubDiagnosis.HookDelivery>> ListDeliveriesAsync(CancellationToken cancellationToken) => _api.RunAsync(
        new GitHubCall(null, cancellationToken),
        async c => (await c.Connection.Get<List<GitHubDiagnosis.HookDelivery>>(new Uri("app/hook/deliveries?per_page=30", UriKind.Relative), null)).Body);

    public void Dispose() => _api.Dispose();

    private Task<JsonNode> GetAsync(string where, CancellationToken cancellationToken) =>
        _api.RunAsync(new GitHubCall(null, cancellationToken), async c => (await c.Connection.Get<JsonNode>(new Uri(where, UriKind.Relative), null)).Body);

    private static AppInstallation InstallationOf(JsonNode? node) => new(
        (node as JsonObject)?["id"] is JsonValue id && id.TryGetValue<long>(out var number) ? number : throw new ForgeUnavailableException("GitHub described an installation without its id."),
        Text(node?["account"], "login"),
        PermissionsOf(node),
        EventsOf(node),
        (node as JsonObject)?["suspended_at"] is not null,
        Text(node, "html_url"));

    private static Dictionary<string, string> PermissionsOf(JsonNode? node) =>
        (node?["permissions"] as JsonObject ?? []).ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "", StringComparer.Ordinal);

    private static IReadOnlyList<string> EventsOf(JsonNode? node) => [.. (node?["events"] as JsonArray ?? []).Select(e => e?.ToString() ?? "")];

    private static string Text(JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>The app's signature as the token of its own calls.</summary>
    private sealed class Signed(AppCredentials app, TimeProvider time) : ITokenSource
    {
        public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new ForgeToken(app.Sign(time.GetUtcNow()), ""));
    }
}
