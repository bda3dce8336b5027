using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Forges.Http;
using Microsoft.Extensions.Logging;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <summary>
/// GitLab (gitlab.com or self-managed) behind the forge port, through Refit. A merge request is a pull request to the port, a discussion a
/// thread, a reviewer's verdict a review. Calls are repeated here only for a short while; longer outages surface as
/// <see cref="ForgeUnavailableException"/> for the caller's own retry.
/// </summary>
public sealed partial class GitLabForge : IForge, IForgeDiagnosis, IDisposable
{
    // GitLab refuses longer texts with 400.
    private const int LongestBody = 1_000_000;

    // https://docs.gitlab.com/api/members/#roles
    private const int Developer = 30;

    private readonly GitLabApi _api;
    private readonly string _host;
    private readonly Func<GitLabDiagnosis> _newDiagnosis;
    private Actor? _self;

    /// <summary>Makes the adapter.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="tokens">Credentials.</param>
    /// <param name="time">Clock for waits and reset times.</param>
    /// <param name="logger">Receives repeated calls; never a token.</param>
    /// <param name="transport">What sends, owned by the adapter from now on; it must not follow redirects by itself. The default does as it should.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message is one line for the operator.</exception>
    public GitLabForge(GitLabOptions options, ITokenSource tokens, TimeProvider time, ILogger<GitLabForge> logger, HttpMessageHandler? transport = null)
    {
        _api = new GitLabApi(transport ?? RepeatingPipeline.NewTransport(), options, tokens, time, logger);
        _host = options.Url.Host;
        _newDiagnosis = () => new GitLabDiagnosis(_api, options, time);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ForgeFinding>> DiagnoseAsync(ForgeWishes wishes, CancellationToken cancellationToken) => _newDiagnosis().RunAsync(wishes, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    /// <inheritdoc/>
    /// <remarks>https://docs.gitlab.com/user/profile/#use-an-automatically-generated-private-commit-email</remarks>
    public string GetCommitAddress(RepoRef repo, Actor account) => $"{account.Id}-{account.Login}@users.noreply.{_host}";

    /// <inheritdoc/>
    public async Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken) =>
        _self ??= ActorOf(await _api.RunAsync("Asking who the service is", c => c.GetSelfAsync(new GitLabCall(null), cancellationToken), cancellationToken));

    /// <inheritdoc/>
    public async Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        var answer = await _api.RunAsync($"Reading {repo.FullName}", c => c.GetProjectAsync(repo.FullName, Reading(repo), cancellationToken), cancellationToken);
        // An empty project has no default branch.
        if (!Uri.TryCreate(answer.HttpUrlToRepo, UriKind.Absolute, out var clone))
            throw new ForgeUnavailableException($"The forge described {repo.FullName} without an address to clone it from.");
        var access = Math.Max(answer.Permissions?.ProjectAccess?.AccessLevel ?? 0, answer.Permissions?.GroupAccess?.AccessLevel ?? 0);
        return new Repository(RepoOf(answer.PathWithNamespace) ?? repo, answer.DefaultBranch ?? "main", clone, answer.Archived)
        {
            Id = answer.Id,
            MayWrite = answer.Permissions is null ? null : access >= Developer,
            Visibility = answer.Visibility switch
            {
                "public" => RepositoryVisibility.Public,
                "internal" => RepositoryVisibility.Internal,
                "private" => RepositoryVisibility.Private,
                _ => null,
            },
        };
    }

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) => AccessAsync(repo, login, null, cancellationToken);

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) => AccessAsync(repo, account.Login, account.Id, cancellationToken);

    private async Task<AccessLevel> AccessAsync(RepoRef repo, string login, long? id, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(login))
            return AccessLevel.None;
        // One who was blocked keeps the membership.
        if (await FindUserAsync(repo, login, cancellationToken) is not { State: "active" or null } user || (id is not null && user.Id != id))
            return AccessLevel.None;
        var member = await _api.FindAsync($"Asking for the access of {login} to {repo.FullName}", c => c.GetMemberAsync(repo.FullName, user.Id, Reading(repo), cancellationToken), cancellationToken);
        return member is { State: "active" or null, MembershipState: "active" or null } ? LevelOf(member.AccessLevel) : AccessLevel.None;
    }

    private async Task<UserSeen?> FindUserAsync(RepoRef repo, string login, CancellationToken cancellationToken) =>
        (await _api.RunAsync($"Looking for {login}", c => c.FindUsersAsync(login, Reading(repo), cancellationToken), cancellationToken))
            .Find(u => string.Equals(u.Username, login, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public async Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken)
    {
        var file = await _api.FindAsync($"Reading {path} of {repo.FullName}", c => c.GetFileAsync(repo.FullName, path, reference, Reading(repo), cancellationToken), cancellationToken);
        if (file is not { Content: { } content })
            return null;
        if (file.Encoding != "base64")
            throw new ForgeUnavailableException($"The forge's content of {path} is not base64.");
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(content));
            return new RepositoryFile(path, file.BlobId ?? "", text.StartsWith('\uFEFF') ? text[1..] : text);
        }
        catch (FormatException)
        {
            throw new ForgeUnavailableException($"The forge's content of {path} is not base64.");
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _api.ListAsync(
                $"Listing {folder} of {repo.FullName}", (c, page) => c.ListTreeAsync(repo.FullName, folder, reference, page, Reading(repo), cancellationToken), cancellationToken);
            return [.. found.Where(f => f.Type == "blob").Select(f => f.Path).OfType<string>()];
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public async Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => (await FindBranchAsync(repo, branch, cancellationToken))?.Commit?.Id;

    /// <inheritdoc/>
    public async Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => await FindBranchAsync(repo, branch, cancellationToken) is { Protected: true };

    /// <inheritdoc/>
    /// <remarks>Push rules are of paid editions, and protected branches for maintainers to read: where they are not shown there are none here.</remarks>
    public async Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken)
    {
        var rules = new List<PushRule>();
        try
        {
            if (await _api.FindAsync($"Reading the push rules of {repo.FullName}", c => c.GetPushRuleAsync(repo.FullName, Reading(repo), cancellationToken), cancellationToken) is { } rule)
            {
                if (rule.RejectUnsignedCommits == true)
                    rules.Add(PushRule.SignedCommits);
                if (rule.MemberCheck == true || rule.CommitCommitterCheck == true
                    || Array.Exists([rule.BranchNameRegex, rule.CommitMessageRegex, rule.CommitMessageNegativeRegex, rule.AuthorEmailRegex], r => !string.IsNullOrEmpty(r)))
                    rules.Add(PushRule.Form);
            }

            var protectedBranches = await _api.ListAsync(
                $"Reading the protected branches of {repo.FullName}", (c, page) => c.ListProtectedBranchesAsync(repo.FullName, page, Reading(repo), cancellationToken), cancellationToken);
            if (protectedBranches.Any(p => Covers(p.Name, branch) && p.PushAccessLevels is { } levels && levels.All(l => l.AccessLevel is null or 0 or > Developer)))
                rules.Add(PushRule.NoPush);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            // Not ours to see.
        }

        return [.. rules.Distinct().Order()];
    }

    /// <inheritdoc/>
    /// <remarks>What its API commits a server signs only where its administrator gave Gitaly a key, and by commands on files, not with a tree that was judged.</remarks>
    public bool SignsCommits(RepoRef repo) => false;

    /// <inheritdoc/>
    public Task<MadeCommit> MakeCommitAsync(RepoRef repo, NewCommit commit, CancellationToken cancellationToken) => throw new NotSupportedException("GitLab makes no commits of trees.");

    /// <inheritdoc/>
    public Task<bool> MoveBranchAsync(RepoRef repo, BranchMove move, CancellationToken cancellationToken) => throw new NotSupportedException("GitLab moves no branches but by git.");

    private Task<BranchSeen?> FindBranchAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        _api.FindAsync($"Reading the branch {branch} of {repo.FullName}", c => c.GetBranchAsync(repo.FullName, branch, Reading(repo), cancellationToken), cancellationToken);

    // https://docs.gitlab.com/user/project/repository/branches/protected/: a star stands for anything, slashes too.
    private static bool Covers(string? name, string branch) =>
        name is not null && Regex.IsMatch(branch, $"^{Regex.Escape(name).Replace(@"\*", ".*", StringComparison.Ordinal)}$", RegexOptions.NonBacktracking | RegexOptions.Singleline);

    private static AccessLevel LevelOf(int level) => level switch
    {
        >= 50 => AccessLevel.Admin,
        >= 40 => AccessLevel.Maintain,
        >= Developer => AccessLevel.Write,
        // Planners and reporters manage issues.
        >= 15 => AccessLevel.Triage,
        >= 10 => AccessLevel.Read,
        _ => AccessLevel.None,
    };

    private static GitLabCall Reading(RepoRef repo) => new(repo);

    private static GitLabCall Conversing(RepoRef repo, bool isNew = false) => new(repo) { Permissions = TokenPermissions.WriteConversation, IsRepeatable = !isNew };

    private static GitLabCall Merging(RepoRef repo, bool isNew = false) => new(repo) { Permissions = TokenPermissions.WritePulls, IsRepeatable = !isNew };

    private static RepoRef? RepoOf(string? path) => RepoRef.TryParse("gitlab:" + path, out var repo) ? repo : null;

    private static Actor ActorOf(UserSeen? user) => user is not { Username: { Length: > 0 } name } ? new Actor("ghost", 0, ActorKind.Other) : new Actor(name, user.Id, GitLabAccounts.KindOf(name, user.Bot));

    private static Uri WebOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : new Uri("about:blank");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
