using System.Globalization;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <summary>
/// <see cref="IForgeDiagnosis"/> of GitLab: whether the token is taken and has the scope <c>api</c>, which projects it may push to, and whether their
/// webhooks send what is used. Webhooks are for maintainers to read; those of a group are not to be seen from a project.
/// </summary>
internal sealed class GitLabDiagnosis(GitLabApi api, GitLabOptions options, TimeProvider time)
{
    private const string TokenSetting = "Forge:GitLab:Token";
    private const string AddressSetting = "Forge:GitLab:Url";
    private const string RepositoriesSetting = "Forge:GitLab:Repositories";
    private const string SecretSetting = "Forge:GitLab:WebhookSecret";
    private const int MostHooked = 10;
    private const int MostNamed = 5;
    private static readonly TimeSpan ExpirySoon = TimeSpan.FromDays(14);

    private readonly List<ForgeFinding> _found = [];

    public async Task<IReadOnlyList<ForgeFinding>> RunAsync(ForgeWishes wishes, CancellationToken cancellationToken)
    {
        try
        {
            if (await WhoAsync(cancellationToken) is { } self)
            {
                var writable = await ProjectsAsync(self, wishes.Repositories, cancellationToken);
                if (wishes.WebhookPath is { } path && writable.Count > 0)
                    await HooksAsync(writable, path, cancellationToken);
            }
        }
        catch (Exception e) when (e is ForgeUnavailableException or ForgeRejectedException)
        {
            Add("forge", ForgeFindingLevel.Warning, $"GitLab could not be asked any further: {e.Message} Run 'codingagent doctor' again later.");
        }

        return _found;
    }

    private async Task<string?> WhoAsync(CancellationToken cancellationToken)
    {
        UserSeen self;
        try
        {
            self = await api.RunAsync("Asking who the service is", c => c.GetSelfAsync(new GitLabCall(null), cancellationToken), cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status == System.Net.HttpStatusCode.Unauthorized)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.Url} does not accept the token: it is mistyped, expired, revoked, of another server, or lacks the scope api. Make a new one for the bot and set {TokenSetting}.", TokenSetting);
            return null;
        }
        catch (ForgeRejectedException e)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.Url} answers, but not as GitLab's API: {e.Message} Set {AddressSetting} to the address people open GitLab at.", AddressSetting);
            return null;
        }
        catch (ForgeUnavailableException e)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.Url} cannot be reached: {e.Message} Is {AddressSetting} right, and is it up?", AddressSetting);
            return null;
        }

        if (self.Username is not { Length: > 0 } name)
        {
            Add("forge", ForgeFindingLevel.Problem, $"{options.Url} answers, but not as GitLab's API: set {AddressSetting} to the address people open GitLab at.", AddressSetting);
            return null;
        }

        // OAuth tokens have no entry there.
        var token = await api.FindAsync("Asking for the token's scopes", c => c.GetTokenAsync(new GitLabCall(null), cancellationToken), cancellationToken);
        var scopes = token?.Scopes ?? [];
        Add("forge", ForgeFindingLevel.Good, $"acts as {name} ({(GitLabAccounts.KindOf(name, self.Bot) == ActorKind.Bot ? "bot" : "user")} {self.Id}) on {options.Url.Host}{(token is null ? "" : $", with a token of the scopes {(scopes.Count == 0 ? "none" : string.Join(", ", scopes))}")}; what this account does itself is ignored, so nobody may work with it");
        if (token is not null && !scopes.Contains("api", StringComparer.Ordinal))
            Add("forge", ForgeFindingLevel.Problem, $"The token's scopes are {(scopes.Count == 0 ? "none" : string.Join(", ", scopes))}: it can write nothing. Make one with the scope api and set {TokenSetting}.", TokenSetting);
        if (scopes.Intersect(["sudo", "admin_mode"], StringComparer.Ordinal).ToList() is { Count: > 0 } more)
            Add("forge", ForgeFindingLevel.Warning, $"The token may do more than it needs ({string.Join(", ", more)}): api is enough ({TokenSetting}).", TokenSetting);
        if (DateTimeOffset.TryParse(token?.ExpiresAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires) && expires - time.GetUtcNow() < ExpirySoon)
            Add("forge", ForgeFindingLevel.Warning, $"The token expires on {expires:yyyy-MM-dd}: make a new one before that and set {TokenSetting}.", TokenSetting);
        return name;
    }

    private async Task<List<string>> ProjectsAsync(string self, IReadOnlyList<RepoRef> wanted, CancellationToken cancellationToken)
    {
        if (wanted.Count == 0)
        {
            var all = await api.ListAsync("Listing projects", (c, page) => c.ListProjectsAsync(page, new GitLabCall(null), cancellationToken), cancellationToken);
            var names = all.Select(p => p.PathWithNamespace).OfType<string>().Order(StringComparer.Ordinal).ToList();
            if (names.Count == 0)
                Add("repositories", ForgeFindingLevel.Problem, $"{self} is developer of no project: make it a member of those it shall work on, with the role Developer.");
            else
                Add("repositories", ForgeFindingLevel.Good, $"works on {Named(names)}, all that {self} is developer of; {RepositoriesSetting} narrows it", RepositoriesSetting);
            return names;
        }

        var writable = new List<string>();
        foreach (var repo in wanted)
        {
            var project = await api.FindAsync($"Reading {repo.FullName}", c => c.GetProjectAsync(repo.FullName, new GitLabCall(repo), cancellationToken), cancellationToken);
            var level = Math.Max(project?.Permissions?.ProjectAccess?.AccessLevel ?? 0, project?.Permissions?.GroupAccess?.AccessLevel ?? 0);
            if (project is null)
                Add("repositories", ForgeFindingLevel.Problem, $"{repo.FullName} is not there, or {self} may not see it: make {self} a member with the role Developer, or mend {RepositoriesSetting}.", RepositoriesSetting);
            else if (project.Archived)
                Add("repositories", ForgeFindingLevel.Warning, $"{repo.FullName} is archived and takes no work.", RepositoriesSetting);
            else if (level < 30)
                Add("repositories", ForgeFindingLevel.Problem, $"{self} cannot push to {repo.FullName}: give it the role Developer.");
            else
                writable.Add(repo.FullName);
        }

        if (writable.Count > 0)
            Add("repositories", ForgeFindingLevel.Good, $"works on {Named(writable)} ({RepositoriesSetting})", RepositoriesSetting);
        return writable;
    }

    private async Task HooksAsync(List<string> projects, string path, CancellationToken cancellationToken)
    {
        var (unseen, none) = (new List<string>(), new List<string>());
        foreach (var project in projects.Take(MostHooked))
        {
            List<HookSeen> hooks;
            try
            {
                hooks = await api.ListAsync($"Reading the webhooks of {project}", (c, page) => c.ListHooksAsync(project, page, new GitLabCall(null), cancellationToken), cancellationToken);
            }
            catch (ForgeRejectedException)
            {
                unseen.Add(project);
                continue;
            }

            var ours = hooks.Where(h => Uri.TryCreate(h.Url, UriKind.Absolute, out var url) && url.AbsolutePath.TrimEnd('/').EndsWith(path, StringComparison.Ordinal)).ToList();
            if (ours.Count == 0)
                none.Add(project);
            foreach (var hook in ours)
            {
                string[] missing = [.. hook.IssuesEvents == false ? (string[])["issues events"] : [], .. hook.NoteEvents == false ? (string[])["comments"] : [], .. hook.MergeRequestsEvents == false ? (string[])["merge request events"] : [], .. hook.PipelineEvents == false ? (string[])["pipeline events"] : []];
                if (missing.Length > 0)
                    Add("webhook", ForgeFindingLevel.Warning, $"The webhook of {project} does not send {string.Join(", ", missing)}: tick them in its settings.");
                else if (hook.AlertStatus is { } alert && alert != "executable")
                    Add("webhook", ForgeFindingLevel.Warning, $"GitLab has disabled the webhook of {project} ({alert.Replace('_', ' ')}), because deliveries failed: mend what fails (the address, {SecretSetting}) and press Test in its settings.");
                else
                    Add("webhook", ForgeFindingLevel.Good, $"{project} sends its events to {hook.Url}");
            }
        }

        if (none.Count > 0)
            Add("webhook", ForgeFindingLevel.Warning, $"No webhook of {Named(none)} leads here ({path}). One of the group does, too, and cannot be seen from here; else nothing is heard of labels and comments.");
        if (unseen.Count > 0)
            Add("webhook", ForgeFindingLevel.Note, $"The webhooks of {Named(unseen)} are not to be seen (that takes the role Maintainer): whether one leads here is not known.");
    }

    private void Add(string subject, ForgeFindingLevel level, string text, string? setting = null) => _found.Add(new ForgeFinding(subject, level, text, setting));

    private static string Named(List<string> names) =>
        names.Count <= MostNamed ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNamed))} and {names.Count - MostNamed} more";
}
