using System.Net;

namespace CodingAgent.Forges.GitHub;

/// <summary><see cref="IForgeDiagnosis"/> of a GitHub App: who it is, what it asks for, where it is installed with what, and whether its events arrive.</summary>
internal sealed class GitHubAppDiagnosis(AppTokenSource app, Uri apiUrl)
{
    private const string RepositoriesSetting = "Forge:GitHub:Repositories";
    private const string SecretSetting = "Forge:GitHub:WebhookSecret";
    private const int MostNamed = 5;

    // Beyond the manifest, and for a reason: a policy that lets workflow files be changed.
    private static readonly string[] Known = [.. AppManifest.Permissions.Keys, "workflows"];

    private readonly List<ForgeFinding> _found = [];

    public async Task<IReadOnlyList<ForgeFinding>> RunAsync(ForgeWishes wishes, CancellationToken cancellationToken)
    {
        try
        {
            var self = await app.Api.GetIdentityAsync(cancellationToken);
            Add("forge", ForgeFindingLevel.Good, $"acts as {self.Slug}[bot] on {apiUrl.Host}, as a GitHub App ({self.WebUrl})");
            Compare(
                self.Permissions, self.Events, "The App does not ask for",
                $"add it in the App's settings (Permissions & events), and have each installation's owner accept it");
            if (self.Permissions.Keys.Except(Known, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } more)
                Add("forge", ForgeFindingLevel.Note, $"The App asks for more than is used ({string.Join(", ", more)}): take it away in its settings; who takes its key gets that too.");
            await InstallationsAsync(self, wishes.Repositories, cancellationToken);
            if (wishes.WebhookPath is { } path)
                await WebhookAsync(path, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{apiUrl} does not know the App by its signature: {e.Message} The id must be the App's own, and its settings must list the key {app.Fingerprint} ({AppTokenSource.Setting}).", AppTokenSource.Setting);
        }
        catch (ForgeUnavailableException e)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{apiUrl} cannot be asked now: {e.Message.TrimEnd('.')}. Check Forge:GitHub:ApiUrl, the network, a proxy's settings and the certificate authorities.", "Forge:GitHub:ApiUrl");
        }
        catch (ForgeRejectedException e)
        {
            Add("forge", ForgeFindingLevel.Warning, $"GitHub could not be asked any further: {e.Message} Run 'codingagent doctor' again later.");
        }

        return _found;
    }

    private async Task InstallationsAsync(AppIdentity self, IReadOnlyList<RepoRef> named, CancellationToken cancellationToken)
    {
        var all = await app.Api.ListInstallationsAsync(cancellationToken);
        if (all.Count == 0)
            Add("repositories", ForgeFindingLevel.Problem, $"The App is installed nowhere: install it at {self.WebUrl}/installations/new.");
        foreach (var one in all)
        {
            if (one.IsSuspended)
                Add("repositories", ForgeFindingLevel.Warning, $"The App's installation on {one.Account} is suspended, and nothing happens there: its owner can take that back at {one.WebUrl}.");
            else
                Compare(one.Permissions, one.Events, $"The App's installation on {one.Account} does not grant", $"its owner can accept it at {one.WebUrl}");
        }

        if (all.Where(i => !i.IsSuspended).Select(i => i.Account).ToList() is { Count: > 0 } active)
            Add("repositories", ForgeFindingLevel.Good, $"installed on {string.Join(", ", active.Take(MostNamed))}{(active.Count > MostNamed ? $" and {active.Count - MostNamed} more" : "")}");
        foreach (var repo in named)
        {
            try
            {
                await app.Api.InstallationOfAsync(repo, cancellationToken);
            }
            catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.NotFound)
            {
                Add("repositories", ForgeFindingLevel.Problem, $"{e.Message} Or mend the name in {RepositoriesSetting}.", RepositoriesSetting);
            }
        }
    }

    private void Compare(IReadOnlyDictionary<string, string> has, IReadOnlyList<string> events, string lacks, string mend)
    {
        var missing = AppManifest.Permissions.Where(p => !AppPermissions.Grants(has, p.Key, p.Value)).Select(p => $"{p.Key}: {p.Value}")
            .Concat(AppManifest.Events.Except(events, StringComparer.Ordinal).Select(e => $"the event {e}")).ToList();
        if (missing.Count > 0)
            Add("forge", ForgeFindingLevel.Warning, $"{lacks} {string.Join(", ", missing)}: {mend}; what needs it does not work until then.");
    }

    private async Task WebhookAsync(string path, CancellationToken cancellationToken)
    {
        const string Name = "The App's webhook";
        var (url, contentType, hasSecret) = await app.Api.GetHookAsync(cancellationToken);
        var before = _found.Count;
        if (url is null)
        {
            Add("webhook", ForgeFindingLevel.Warning, $"{Name} has no address, so nothing starts: enter one that ends in {path} in the App's settings.");
            return;
        }

        if (!url.AbsolutePath.TrimEnd('/').EndsWith(path, StringComparison.OrdinalIgnoreCase))
            Add("webhook", ForgeFindingLevel.Warning, $"{Name} ({url.GetLeftPart(UriPartial.Path)}) does not end in {path}: enter this service's address in the App's settings.");
        if (!contentType.Equals("json", StringComparison.OrdinalIgnoreCase))
            Add("webhook", ForgeFindingLevel.Problem, $"{Name} sends forms: it must be of content type json (PATCH /app/hook/config).");
        if (!hasSecret)
            Add("webhook", ForgeFindingLevel.Problem, $"{Name} has no secret, so all it sends is refused: enter the secret of {SecretSetting} in the App's settings.", SecretSetting);
        if (url is { Scheme: "http", IsLoopback: false })
            Add("webhook", ForgeFindingLevel.Warning, $"{Name} is plain http: what people write travels in the clear; put TLS in front.");
        if (GitHubDiagnosis.DeliveryTrouble($"{Name} ({url.GetLeftPart(UriPartial.Path)})", await app.Api.ListDeliveriesAsync(cancellationToken)) is { } trouble)
            _found.Add(trouble);
        if (_found.Count == before)
            Add("webhook", ForgeFindingLevel.Good, $"the App sends to {url.GetLeftPart(UriPartial.Path)}");
    }

    private void Add(string subject, ForgeFindingLevel level, string text, string? setting = null) => _found.Add(new ForgeFinding(subject, level, text.ReplaceLineEndings(" "), setting));
}
