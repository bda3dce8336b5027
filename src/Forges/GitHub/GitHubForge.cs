using System.Net;
using System.Text;
using CodingAgent.Forges.Http;
using Microsoft.Extensions.Logging;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// GitHub (or anything that answers its REST API) behind the forge port, through Octokit. Calls are repeated here only for a short
/// while; longer outages surface as <see cref="ForgeUnavailableException"/> for the caller's own retry.
/// </summary>
public sealed partial class GitHubForge : IForge, IForgeDiagnosis, IDisposable
{
    // What GitHub adds to an app's slug where it shows it as a user.
    private const string AppSuffix = "[bot]";

    // GitHub refuses longer bodies with 422.
    private const int LongestBody = 65536;

    private static readonly ApiOptions AllPages = new() { PageSize = 100 };
    private readonly GitHubApi _api;
    private readonly GitHubLogs _logs;
    private readonly Uri _graphQlUrl;
    private readonly string _host;
    private readonly Uri _apiUrl;
    private readonly Func<GitHubDiagnosis> _newDiagnosis;
    private readonly AppTokenSource? _app;
    private readonly TimeProvider _time;
    private Actor? _self;

    /// <summary>Makes the adapter.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="tokens">Credentials.</param>
    /// <param name="time">Clock for waits and reset times.</param>
    /// <param name="logger">Receives repeated calls; never a token.</param>
    /// <param name="transport">What sends, owned by the adapter from now on; it must not follow redirects by itself. The default does as it should.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message is one line for the operator.</exception>
    public GitHubForge(GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger<GitHubForge> logger, HttpMessageHandler? transport = null)
    {
        _time = time;
        transport ??= RepeatingPipeline.NewTransport();
        // As an app some things are called differently, and some can be done that an account cannot do.
        _app = tokens as AppTokenSource;
        if (_app is not null)
            options = options with { CredentialSetting = AppTokenSource.Setting };
        _api = new GitHubApi(transport, options, tokens, time, logger);
        _logs = new GitHubLogs(transport, options, time);
        _graphQlUrl = options.GraphQlUrl;
        _apiUrl = options.ApiUrl;
        // The site's, which the API of github.com is beside and that of a server below.
        _host = options.ApiUrl.Host.StartsWith("api.", StringComparison.OrdinalIgnoreCase) ? options.ApiUrl.Host["api.".Length..] : options.ApiUrl.Host;
        _newDiagnosis = () => new GitHubDiagnosis(_api, options, tokens, time);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ForgeFinding>> DiagnoseAsync(ForgeWishes wishes, CancellationToken cancellationToken) =>
        _app is null ? _newDiagnosis().RunAsync(wishes, cancellationToken) : new GitHubAppDiagnosis(_app, _apiUrl).RunAsync(wishes, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _logs.Dispose();
        _api.Dispose();
    }

    /// <inheritdoc/>
    public string GetCommitAddress(RepoRef repo, Actor account) => $"{account.Id}+{account.Login}@users.noreply.{_host}";

    /// <inheritdoc/>
    public async Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        if (_self is { } known)
            return known;
        // An installation may not ask who it is (GET /user is refused); who it shows as, everybody may ask.
        var login = _app is null ? null : (await _app.Api.GetIdentityAsync(cancellationToken)).Slug + AppSuffix;
        return _self = ActorOf(await _api.RunAsync(new GitHubCall(null, cancellationToken), c => login is null ? c.User.Current() : c.User.Get(Escape(login))));
    }

    /// <inheritdoc/>
    public async Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        var answer = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Repository.Get(repo.Owner, repo.Name));
        if (answer.DefaultBranch is not { Length: > 0 } branch || !Uri.TryCreate(answer.CloneUrl, UriKind.Absolute, out var clone))
            throw new ForgeUnavailableException($"The forge described {repo.FullName} without default branch or clone URL.");
        // The name as the forge writes it: the caller's may differ in case or be an old one.
        return new Repository(RepoOf(answer) ?? repo, branch, clone, answer.Archived)
        {
            Id = answer.Id,
            // Of what an app may do GitHub says nothing there.
            MayWrite = _app is null ? answer.Permissions?.Push : await _app.MayPushAsync(repo, cancellationToken),
            // Who knows no visibility knows no internal repositories.
            Visibility = answer.Visibility switch
            {
                Octokit.RepositoryVisibility.Public => RepositoryVisibility.Public,
                Octokit.RepositoryVisibility.Internal => RepositoryVisibility.Internal,
                Octokit.RepositoryVisibility.Private => RepositoryVisibility.Private,
                _ => answer.Private ? RepositoryVisibility.Private : RepositoryVisibility.Public,
            },
        };
    }

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) => AccessAsync(repo, login, null, cancellationToken);

    /// <inheritdoc/>
    public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) => AccessAsync(repo, account.Login, account.Id, cancellationToken);

    private async Task<AccessLevel> AccessAsync(RepoRef repo, string login, long? id, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(login) || login is "." or "..")
            return AccessLevel.None;
        // Octokit's own answer leaves out whose access it is.
        var where = Below(repo, $"collaborators/{Escape(login)}/permission");
        var answer = await FindAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<PermissionSeen>(where, null)).Body);
        if (answer is null || (id is not null && answer.User?.Id != id))
            return AccessLevel.None;
        // The role knows triage and maintain; a custom role of an organisation is known only by what it is based on.
        return LevelOf(answer.RoleName) ?? LevelOf(answer.Permission) ?? AccessLevel.None;
    }

    /// <inheritdoc/>
    public async Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken)
    {
        var (where, at) = (EscapePath(path), Escape(reference));
        var found = await FindAsync(new GitHubCall(repo, cancellationToken), c => c.Repository.Content.GetAllContentsByRef(repo.Owner, repo.Name, where, at));
        // A folder answers with a list, whose entries have no content.
        if (found is not [{ EncodedContent: { } text } file] || file.Type.StringValue is not ("file" or "symlink"))
            return null;
        if (file.Encoding != "base64")
            throw new ForgeRejectedException($"{path} at {reference} is too large to read through the forge (more than 1 MB).", HttpStatusCode.RequestEntityTooLarge);
        return new RepositoryFile(path, file.Sha ?? "", Decode(text, path));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken)
    {
        var (where, at) = (folder.Length == 0 ? "" : EscapePath(folder), Escape(reference));
        var found = await FindAsync(new GitHubCall(repo, cancellationToken), c => folder.Length == 0
            ? c.Repository.Content.GetAllContentsByRef(repo.Owner, repo.Name, at)
            : c.Repository.Content.GetAllContentsByRef(repo.Owner, repo.Name, where, at));
        // A file of that name answers with itself.
        return [.. (found ?? []).Where(f => f.Path != folder && f.Type.StringValue is ("file" or "symlink")).Select(f => f.Path)];
    }

    /// <inheritdoc/>
    public async Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken)
    {
        // Octokit's own method asks /git/refs/, which for a branch that is not there answers with those whose names begin so.
        var where = Below(repo, $"git/ref/heads/{EscapePath(branch)}");
        try
        {
            return (await FindAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<Reference>(where, null)).Body))?.Object?.Sha;
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Conflict)
        {
            // "Git Repository is empty."
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken)
    {
        var where = Below(repo, $"branches/{EscapePath(branch)}");
        return (await FindAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<Branch>(where, null)).Body))?.Protected ?? false;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken)
    {
        var where = Below(repo, $"rules/branches/{EscapePath(branch)}");
        try
        {
            var rules = await FindAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<List<Rule>>(where, null)).Body);
            return [.. (rules ?? []).Select(r => RuleOf(r.Type)).OfType<PushRule>().Distinct().Order()];
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            // Private repositories of the smallest plan have none.
            return [];
        }
    }

    private static PushRule? RuleOf(string? type) => type switch
    {
        "required_signatures" => PushRule.SignedCommits,
        "creation" => PushRule.NoNewBranch,
        "update" or "pull_request" => PushRule.NoPush,
        "branch_name_pattern" or "commit_message_pattern" or "commit_author_email_pattern" or "committer_email_pattern" => PushRule.Form,
        _ => null,
    };

    private static string Decode(string base64, string path)
    {
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(base64));
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (FormatException)
        {
            throw new ForgeUnavailableException($"The forge's content of {path} is not base64.");
        }
    }

    private static AccessLevel? LevelOf(string? name) => name switch
    {
        "admin" => AccessLevel.Admin,
        "maintain" => AccessLevel.Maintain,
        "write" => AccessLevel.Write,
        "triage" => AccessLevel.Triage,
        "read" => AccessLevel.Read,
        "none" => AccessLevel.None,
        _ => null,
    };

    // Null where GitHub says 404, or 410 for what was deleted.
    private async Task<T?> FindAsync<T>(GitHubCall call, Func<IGitHubClient, Task<T>> run)
        where T : class
    {
        try
        {
            return await _api.RunAsync(call, run);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    private static Uri Below(RepoRef repo, string rest) => new($"repos/{repo.Owner}/{repo.Name}/{rest}", UriKind.Relative);

    // Octokit writes what it is given into its URLs as it is. Empty segments, "." and ".." are folded away on their way and so name
    // something else: without its name, "remove this label" is "remove all labels".
    private static string Escape(string segment) => segment is "" or "." or ".."
        ? throw new ForgeRejectedException($"'{segment}' cannot be a name on the forge.", HttpStatusCode.BadRequest)
        : Uri.EscapeDataString(segment);

    private static string EscapePath(string path) => string.Join('/', path.Split('/').Select(Escape));

    private static RepoRef? RepoOf(Octokit.Repository? repository) => RepoRef.TryParse("github:" + repository?.FullName, out var repo) ? repo : null;

    // GitHub shows what a deleted account wrote as the user "ghost", or as nobody.
    private static Actor ActorOf(User? user) => user is not { Login: { Length: > 0 } login } ? new Actor("ghost", 0, ActorKind.Other)
        : new Actor(login, user.Id, user.Type switch { AccountType.User => ActorKind.User, AccountType.Bot => ActorKind.Bot, _ => ActorKind.Other })
        {
            Handle = login.EndsWith(AppSuffix, StringComparison.OrdinalIgnoreCase) ? login[..^AppSuffix.Length] : login,
        };

    private static Uri WebOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : new Uri("about:blank");

    private sealed record PermissionSeen
    {
        public string? Permission { get; init; }

        public string? RoleName { get; init; }

        public User? User { get; init; }
    }

    // Octokit does not know rules of branches.
    private sealed record Rule
    {
        public string? Type { get; init; }
    }

    private async Task<bool> IsSelfAsync(RepoRef repo, Actor actor, CancellationToken cancellationToken) =>
        actor.Id == (await GetSelfAsync(repo, cancellationToken)).Id && actor.Id != 0;
}
