using System.Globalization;
using System.Net;
using CodingAgent.Forges.GitHub.Webhooks;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// <see cref="IForgeDiagnosis"/> of GitHub. The facts are of GitHub's documentation: a classic token's scopes come in the header
/// <c>X-OAuth-Scopes</c>, a fine-grained one names none; webhooks of a repository are for its administrators to read.
/// </summary>
internal sealed class GitHubDiagnosis(GitHubApi api, GitHubOptions options, ITokenSource tokens, TimeProvider time)
{
    private const string TokenSetting = "Forge:GitHub:Token";
    private const string ApiSetting = "Forge:GitHub:ApiUrl";
    private const string SecretSetting = "Forge:GitHub:WebhookSecret";
    private const string RepositoriesSetting = "Forge:GitHub:Repositories";
    private const int MostHooked = 10;
    private const int MostNamed = 5;

    // Beyond this, times that are compared with ours go wrong.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ExpirySoon = TimeSpan.FromDays(14);

    // Scopes nobody needs for pull requests: who steals the token gets them too.
    private static readonly string[] Excessive = ["admin:org", "delete_repo", "site_admin", "admin:enterprise"];

    private readonly List<ForgeFinding> _found = [];

    public async Task<IReadOnlyList<ForgeFinding>> RunAsync(ForgeWishes wishes, CancellationToken cancellationToken)
    {
        try
        {
            if (await WhoAsync(cancellationToken) is { } self)
            {
                var writable = await RepositoriesAsync(self, wishes.Repositories, cancellationToken);
                if (wishes.WebhookPath is { } path && writable.Count > 0)
                    await WebhooksAsync(writable, path, cancellationToken);
            }
        }
        catch (Exception e) when (e is ForgeUnavailableException or ForgeRejectedException)
        {
            Add("forge", ForgeFindingLevel.Warning, $"GitHub could not be asked any further: {e.Message} Run 'codingagent doctor' again later.");
        }

        return _found;
    }

    private async Task<string?> WhoAsync(CancellationToken cancellationToken)
    {
        IApiResponse<User> answer;
        try
        {
            answer = await api.RunAsync(new GitHubCall(null, cancellationToken), c => c.Connection.Get<User>(new Uri("user", UriKind.Relative), null));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.ApiUrl} does not accept the token: it is mistyped, expired, revoked, or of another server. Make a new one for the bot's account and set {TokenSetting}.", TokenSetting);
            return null;
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            Add("forge", ForgeFindingLevel.Problem, $"GitHub accepts the token and lets it do nothing: {e.Message} Authorise it for the organisation (single sign-on), or mend what the message names ({TokenSetting}).", TokenSetting);
            return null;
        }
        catch (Exception e) when (e is ForgeUnavailableException or ForgeRejectedException)
        {
            await AwayAsync(e, cancellationToken);
            return null;
        }

        if (answer.Body is not { Login: { Length: > 0 } login } user)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.ApiUrl} answers, but not as GitHub's API: {AddressHint()}", ApiSetting);
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in answer.HttpResponse.Headers)
            headers[name] = value;
        await TokenAsync(login, user, headers, cancellationToken);
        if (headers.TryGetValue("Date", out var date) && DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var there) && (time.GetUtcNow() - there) is var off && off.Duration() > ClockTolerance)
            Add("clock", ForgeFindingLevel.Warning, $"This machine's clock is {Span(off)} {(off < TimeSpan.Zero ? "behind" : "ahead of")} GitHub's: set it (NTP), or times in logs and reminders are wrong.");
        return login;
    }

    private async Task TokenAsync(string login, User user, Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        var token = (await tokens.GetTokenAsync(null, "doctor", TokenPermissions.Read, cancellationToken)).Secret;
        var isClassic = headers.TryGetValue("X-OAuth-Scopes", out var list) && !token.StartsWith("github_pat_", StringComparison.Ordinal);
        var scopes = (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var kind = token switch
        {
            _ when token.StartsWith("github_pat_", StringComparison.Ordinal) => "a fine-grained token",
            _ when token.StartsWith("ghs_", StringComparison.Ordinal) => "an installation token",
            _ when token.StartsWith("gho_", StringComparison.Ordinal) || token.StartsWith("ghu_", StringComparison.Ordinal) => "a token of an app for a person",
            _ when isClassic => $"a classic token, scopes {(scopes.Length == 0 ? "none" : string.Join(", ", scopes))}",
            _ => "a token whose scopes are not told",
        };
        var account = user.Type is { } type ? $" ({type.ToString().ToLowerInvariant()} {user.Id})" : "";
        Add("forge", ForgeFindingLevel.Good, $"acts as {login}{account} on {options.ApiUrl.Host}, with {kind}; what this account does itself is ignored, so nobody may work with it");
        switch (token)
        {
            case var _ when token.StartsWith("ghs_", StringComparison.Ordinal):
                Add("forge", ForgeFindingLevel.Problem, $"The token is an installation token, which lasts an hour: set {TokenSetting} to a classic personal access token (scope repo) of the bot's account.", TokenSetting);
                break;
            case var _ when token.StartsWith("github_pat_", StringComparison.Ordinal):
                Add("forge", ForgeFindingLevel.Warning, $"The token is fine-grained and cannot read check runs, so CI results stay unknown: set {TokenSetting} to a classic one with the scope repo.", TokenSetting);
                break;
            case var _ when isClassic && !scopes.Contains("repo", StringComparer.Ordinal):
                var isPublic = scopes.Contains("public_repo", StringComparer.Ordinal);
                Add(
                    "forge", isPublic ? ForgeFindingLevel.Warning : ForgeFindingLevel.Problem,
                    $"The token's scopes are {(scopes.Length == 0 ? "none" : string.Join(", ", scopes))}: {(isPublic ? "it reaches public repositories only" : "it can read, and write nothing")}. Give it the scope repo, or set {TokenSetting} to one that has it.", TokenSetting);
                break;
        }

        if (scopes.Intersect(Excessive, StringComparer.Ordinal).ToList() is { Count: > 0 } more)
            Add("forge", ForgeFindingLevel.Warning, $"The token may do more than it needs ({string.Join(", ", more)}): take those scopes away; repo is enough ({TokenSetting}).", TokenSetting);
        if (isClassic && scopes.Contains("repo", StringComparer.Ordinal) && !scopes.Contains("workflow", StringComparer.Ordinal))
            Add("forge", ForgeFindingLevel.Note, $"The token lacks the scope workflow: changes of .github/workflows, where a policy allows them (danger.ci_files), could not be pushed ({TokenSetting}).", TokenSetting);
        // Written as "2026-12-31 10:00:00 UTC".
        if (headers.TryGetValue("GitHub-Authentication-Token-Expiration", out var until)
            && DateTimeOffset.TryParse(until.Replace(" UTC", "Z", StringComparison.Ordinal), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
            && expires - time.GetUtcNow() < ExpirySoon)
            Add("forge", ForgeFindingLevel.Warning, $"The token expires on {expires:yyyy-MM-dd}: make a new one before that and set {TokenSetting}.", TokenSetting);
    }

    // An address without its path answers with a page for people, or with nothing of the kind.
    private async Task AwayAsync(Exception e, CancellationToken cancellationToken)
    {
        var isPage = e is ForgeRejectedException || e.InnerException is null;
        if (!isPage)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.ApiUrl} cannot be reached: {e.Message.TrimEnd('.')}. Check {ApiSetting}, the network, a proxy's settings and the certificate authorities.", ApiSetting);
            return;
        }

        var enterprise = new Uri(options.Root + "/api/v3/meta");
        var isEnterprise = false;
        if (options.ApiUrl.AbsolutePath.Trim('/').Length == 0)
        {
            try
            {
                // An absolute address replaces the API's own; the pipeline sees to it that it is the same server.
                await api.RunAsync(new GitHubCall(null, cancellationToken), c => c.Connection.Get<object>(enterprise, null));
                isEnterprise = true;
            }
            catch (Exception inner) when (inner is ForgeUnavailableException or ForgeRejectedException)
            {
                isEnterprise = inner is ForgeRejectedException { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden };
            }
        }

        Add("forge", ForgeFindingLevel.Problem, isEnterprise
            ? $"{options.ApiUrl} is a GitHub Enterprise Server's page for people: set {ApiSetting} to {options.Root}/api/v3."
            : $"{options.ApiUrl} does not answer as GitHub's API ({e.Message}): {AddressHint()}", ApiSetting);
    }

    private string AddressHint() => options.ApiUrl.Host switch
    {
        "github.com" or "www.github.com" => $"set {ApiSetting} to https://api.github.com, or take it away.",
        _ when options.ApiUrl.AbsolutePath.Trim('/').Length == 0 => $"for a GitHub Enterprise Server set {ApiSetting} to {options.Root}/api/v3.",
        _ => $"set {ApiSetting} to the root of the API, e.g. https://HOST/api/v3 of a GitHub Enterprise Server.",
    };

    private async Task<IReadOnlyList<Octokit.Repository>> RepositoriesAsync(string self, IReadOnlyList<RepoRef> named, CancellationToken cancellationToken)
    {
        var seen = new List<Octokit.Repository>();
        foreach (var repo in named)
        {
            try
            {
                seen.Add(await api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Repository.Get(repo.Owner, repo.Name)));
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
            {
                Add("repositories", ForgeFindingLevel.Problem, $"{self} sees no repository {repo.FullName}: invite it there with the role Write, or mend the name in {RepositoriesSetting}; the token may be another account's ({TokenSetting}).", RepositoriesSetting);
            }
        }

        if (named.Count == 0)
            seen.AddRange(await api.RunAsync(new GitHubCall(null, cancellationToken), c => c.Repository.GetAllForCurrent(new ApiOptions { PageSize = 100, PageCount = 1 })));

        var writable = seen.Where(r => r.Permissions?.Push == true && !r.Archived).ToList();
        foreach (var archived in seen.Where(r => r.Archived && named.Count > 0))
            Add("repositories", ForgeFindingLevel.Warning, $"{archived.FullName} is archived and takes no changes: unarchive it, or take it out of {RepositoriesSetting}.", RepositoriesSetting);
        var readable = seen.Where(r => r.Permissions?.Push != true && !r.Archived).ToList();
        if (readable.Count > 0)
        {
            Add(
                "repositories", named.Count > 0 ? ForgeFindingLevel.Problem : ForgeFindingLevel.Note,
                $"{self} may only read {Names(readable)}: {(writable.Count + named.Count > 0 ? "where it shall work, " : "")}give it the role Write there.", named.Count > 0 ? RepositoriesSetting : null);
        }

        if (writable.Count > 0)
            Add("repositories", ForgeFindingLevel.Good, $"{self} may write {Names(writable)}");
        else
            Add("repositories", ForgeFindingLevel.Problem, $"{self} may write no repository: invite it with the role Write, accept the invitation as that account, and check the token's scopes ({TokenSetting}).", TokenSetting);

        var own = writable.Where(r => string.Equals(r.Owner?.Login, self, StringComparison.OrdinalIgnoreCase)).ToList();
        var administered = writable.Except(own).Where(r => r.Permissions?.Admin == true).ToList();
        if (own.Count > 0)
        {
            Add(
                "repositories", ForgeFindingLevel.Warning,
                $"{self} owns {Names(own)}: this looks like the token of a person's own account. What {self} labels, comments or reviews is ignored as the bot's own doing; set {TokenSetting} to a token of a dedicated account with the role Write.", TokenSetting);
        }

        if (administered.Count > 0)
            Add("repositories", ForgeFindingLevel.Warning, $"{self} administers {Names(administered)}: Write is enough, and a person's account must not be the bot's, because what it does is ignored ({TokenSetting}).", TokenSetting);
        return writable;
    }

    private async Task WebhooksAsync(IReadOnlyList<Octokit.Repository> writable, string path, CancellationToken cancellationToken)
    {
        var hidden = new List<Octokit.Repository>();
        foreach (var repo in writable.Take(MostHooked))
        {
            try
            {
                var call = new GitHubCall(RepoRef.Parse($"github:{repo.FullName}"), cancellationToken);
                var hooks = await api.RunAsync(call, c => c.Repository.Hooks.GetAll(repo.Owner.Login, repo.Name));
                var ours = hooks.Where(h => UrlOf(h) is { } url && url.AbsolutePath.TrimEnd('/').EndsWith(path, StringComparison.OrdinalIgnoreCase)).ToList();
                if (ours.Count == 0)
                    Add("webhook", ForgeFindingLevel.Warning, $"{repo.FullName} has no webhook whose address ends in {path}{(hooks.Count > 0 ? $" (there are: {string.Join(", ", hooks.Take(MostNamed).Select(UrlOf).OfType<Uri>().Select(u => u.GetLeftPart(UriPartial.Path)))})" : "")}: add one there (Settings, Webhooks), or the organisation has one; without it nothing starts.");
                foreach (var hook in ours)
                    await WebhookAsync(repo, hook, cancellationToken);
            }
            catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
            {
                hidden.Add(repo);
            }
        }

        if (hidden.Count > 0)
        {
            Add(
                "webhook", ForgeFindingLevel.Note,
                $"the webhooks of {Names(hidden)} are for administrators to see: check there (Settings, Webhooks) that one ends in {path}, is active, of content type application/json, with the secret of {SecretSetting} and the events {string.Join(", ", WebhookReader.EventNames)}, and that its recent deliveries were answered 202.", SecretSetting);
        }

        if (writable.Count > MostHooked)
            Add("webhook", ForgeFindingLevel.Note, $"only the webhooks of {MostHooked} of {writable.Count} repositories were looked at; name those that matter in {RepositoriesSetting}.", RepositoriesSetting);
    }

    private async Task WebhookAsync(Octokit.Repository repo, RepositoryHook hook, CancellationToken cancellationToken)
    {
        var before = _found.Count;
        var name = $"The webhook of {repo.FullName} ({UrlOf(hook)?.GetLeftPart(UriPartial.Path)})";
        if (!hook.Active)
            Add("webhook", ForgeFindingLevel.Warning, $"{name} is not active: tick Active in its settings.");
        if (!ConfigOf(hook, "content_type").Equals("json", StringComparison.OrdinalIgnoreCase))
            Add("webhook", ForgeFindingLevel.Problem, $"{name} sends forms: select the content type application/json in its settings.");
        if (ConfigOf(hook, "secret").Length == 0)
            Add("webhook", ForgeFindingLevel.Problem, $"{name} has no secret, so all it sends is refused: enter the secret of {SecretSetting} in its settings.", SecretSetting);
        var missing = hook.Events.Contains("*") ? [] : WebhookReader.EventNames.Except(hook.Events, StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            Add("webhook", ForgeFindingLevel.Warning, $"{name} does not send {string.Join(", ", missing)}: tick them in its settings (Let me select individual events).");
        if (UrlOf(hook) is { Scheme: "http", IsLoopback: false })
            Add("webhook", ForgeFindingLevel.Warning, $"{name} is plain http: what people write travels in the clear; put TLS in front.");

        var where = new Uri($"repos/{repo.FullName}/hooks/{hook.Id}/deliveries?per_page=30", UriKind.Relative);
        var deliveries = (await api.RunAsync(new GitHubCall(RepoRef.Parse($"github:{repo.FullName}"), cancellationToken), c => c.Connection.Get<List<HookDelivery>>(where, null))).Body ?? [];
        if (DeliveryTrouble(name, deliveries) is { } trouble)
            _found.Add(trouble);

        if (_found.Count == before)
            Add("webhook", ForgeFindingLevel.Good, $"{repo.FullName} sends to {UrlOf(hook)?.GetLeftPart(UriPartial.Path)}{(deliveries.Find(IsAnswered) is { } newest ? $"; the last delivery ({newest.Event}) was answered {newest.StatusCode}" : "; nothing was delivered yet")}");
    }

    /// <summary>What became of the last deliveries to an address, where it was not well; null when it was, or when there were none.</summary>
    /// <param name="name">Whose they are, in words that begin a line.</param>
    /// <param name="deliveries">The last ones, the newest first.</param>
    internal static ForgeFinding? DeliveryTrouble(string name, IReadOnlyList<HookDelivery> deliveries)
    {
        var answered = deliveries.Where(IsAnswered).ToList();
        if (answered is not [var last, ..] || last.StatusCode is >= 200 and < 300)
            return null;
        var bad = answered.TakeWhile(d => d.StatusCode is < 200 or >= 300).Count();
        var was = bad == 1 ? "was" : "were";
        var times = $"its last {(bad == 1 ? "delivery" : $"{bad} deliveries")} ({last.Event}, {last.DeliveredAt:yyyy-MM-dd HH:mm}Z)";
        var text = last.StatusCode switch
        {
            401 => $"{name}: {times} {was} answered 401: its secret is not that of {SecretSetting}. Enter the same in both.",
            404 => $"{name}: {times} {was} answered 404: a proxy in front, or another service, is there. The address must lead to this service.",
            413 or 415 => $"{name}: {times} {was} answered {last.StatusCode}: select the content type application/json.",
            429 => $"{name}: {times} {was} answered 429: too many were refused before. Mend the secret, or name your proxy in Web:TrustedProxies.",
            0 => $"{name}: {times} got no answer ({last.Status}): GitHub cannot reach this service there. Check address, firewall, TLS certificate, and that it runs.",
            var status => $"{name}: {times} {was} answered {status}: see the log of this service and of a proxy in front of it.",
        };
        return new ForgeFinding("webhook", ForgeFindingLevel.Warning, text.ReplaceLineEndings(" "), last.StatusCode == 401 ? SecretSetting : null);
    }

    private static bool IsAnswered(HookDelivery delivery) => delivery.StatusCode != 0 || delivery.Status?.Length > 0;

    internal static Uri? UrlOf(RepositoryHook hook) => Uri.TryCreate(ConfigOf(hook, "url"), UriKind.Absolute, out var url) ? url : null;

    private static string ConfigOf(RepositoryHook hook, string key) => hook.Config is { } config && config.TryGetValue(key, out var value) ? value ?? "" : "";

    private static string Names(List<Octokit.Repository> repositories) =>
        string.Join(", ", repositories.Take(MostNamed).Select(r => r.FullName)) + (repositories.Count > MostNamed ? $" and {repositories.Count - MostNamed} more" : "");

    private static string Span(TimeSpan span) => span.Duration() switch { { TotalHours: >= 2 } s => $"{s.TotalHours:0} hours", var s => $"{s.TotalMinutes:0} minutes" };

    private void Add(string subject, ForgeFindingLevel level, string text, string? setting = null) => _found.Add(new ForgeFinding(subject, level, text.ReplaceLineEndings(" "), setting));

    // Octokit has no model of it.
    internal sealed record HookDelivery
    {
        public string? Event { get; init; }

        public string? Status { get; init; }

        public int StatusCode { get; init; }

        public DateTimeOffset? DeliveredAt { get; init; }
    }
}
