using System.Net;
using System.Text;
using CodingAgent.Forges.Events;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Forges.GitHub;

/// <summary>
/// GitHub (or anything that answers its REST API) behind the forge port. Calls are repeated here only for a short while;
/// longer outages surface as <see cref="ForgeUnavailableException"/> for the caller's own retry.
/// </summary>
public sealed partial class GitHubForge : IForge
{
    private readonly GitHubHttp _http;
    private Actor? _self;

    /// <summary>Makes the adapter.</summary>
    /// <param name="http">Client to send with; its own timeout should exceed the attempt timeout of the options.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="tokens">Credentials.</param>
    /// <param name="time">Clock for waits and reset times.</param>
    /// <param name="logger">Receives repeated calls; never a token.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message is one line for the operator.</exception>
    public GitHubForge(HttpClient http, GitHubOptions options, ITokenSource tokens, TimeProvider time, ILogger<GitHubForge> logger)
    {
        _http = new GitHubHttp(http, options, tokens, time, logger);
        _graphQlUrl = options.GraphQlUrl.AbsoluteUri;
    }

    /// <inheritdoc/>
    public async Task<Actor> GetSelfAsync(CancellationToken cancellationToken) =>
        _self ??= ActorOf(await _http.GetAsync(null, "/user", GitHubJson.Default.User, cancellationToken));

    /// <inheritdoc/>
    public async Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        var wire = await _http.GetAsync(repo, Path(repo, ""), GitHubJson.Default.Repository, cancellationToken);
        if (wire.DefaultBranch is not { Length: > 0 } branch || !Uri.TryCreate(wire.CloneUrl, UriKind.Absolute, out var clone))
            throw new ForgeUnavailableException($"The forge described {repo.FullName} without default branch or clone URL.");
        // The name as the forge writes it: the caller's may differ in case or be an old one.
        return new Repository(RepoOf(wire) ?? repo, branch, clone, wire.Archived);
    }

    /// <inheritdoc/>
    public async Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(login) || login is "." or "..")
            return AccessLevel.None;
        var path = Path(repo, $"/collaborators/{Escape(login)}/permission");
        var reply = await _http.SendAsync(
            new GitHubRequest(HttpMethod.Get, path, repo) { AlsoFine = [HttpStatusCode.NotFound, HttpStatusCode.Forbidden] }, cancellationToken);
        if (!reply.IsSuccess)
            return AccessLevel.None;
        var wire = GitHubHttp.Read(reply, path, GitHubJson.Default.Permission);
        // The role knows triage and maintain; a custom role of an organisation is known only by what it is based on.
        return LevelOf(wire.RoleName) ?? LevelOf(wire.Level) ?? AccessLevel.None;
    }

    /// <inheritdoc/>
    public async Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken)
    {
        var where = Path(repo, $"/contents/{EscapePath(path)}?ref={Escape(reference)}");
        var reply = await _http.SendAsync(new GitHubRequest(HttpMethod.Get, where, repo) { AlsoFine = [HttpStatusCode.NotFound] }, cancellationToken);
        // A folder answers with a list.
        if (!reply.IsSuccess || reply.Body.AsSpan().TrimStart() is ['[', ..])
            return null;
        var wire = GitHubHttp.Read(reply, where, GitHubJson.Default.Content);
        if (wire.Type is not ("file" or "symlink") || wire.Text is null)
            return null;
        if (wire.Encoding != "base64")
            throw new ForgeRejectedException($"{path} at {reference} is too large to read through the forge (more than 1 MB).", HttpStatusCode.RequestEntityTooLarge);
        return new RepositoryFile(path, wire.Sha ?? "", Decode(wire.Text, path));
    }

    /// <inheritdoc/>
    public async Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) =>
        (await _http.FindAsync(repo, Path(repo, $"/git/ref/heads/{EscapePath(branch)}"), GitHubJson.Default.GitRef, cancellationToken))?.Object?.Sha;

    private static string Decode(string base64, string path)
    {
        try
        {
            var bytes = Convert.FromBase64String(base64);
            var text = Encoding.UTF8.GetString(bytes);
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

    private static string Path(RepoRef repo, string rest) => $"/repos/{Escape(repo.Owner)}/{Escape(repo.Name)}{rest}";

    // Empty segments, "." and ".." are folded away on their way and so name something else: without its name, "remove this
    // label" is "remove all labels".
    private static string Escape(string segment) => segment is "" or "." or ".."
        ? throw new ForgeRejectedException($"'{segment}' cannot be a name on the forge.", HttpStatusCode.BadRequest)
        : Uri.EscapeDataString(segment);

    private static string EscapePath(string path) => string.Join('/', path.Split('/').Select(Escape));

    private static RepoRef? RepoOf(Wire.Repository? wire) => RepoRef.TryParse("github:" + wire?.FullName, out var repo) ? repo : null;

    // GitHub shows what a deleted account wrote as the user "ghost", or as nobody.
    private static Actor ActorOf(Wire.User? user) => user is not { Login: { Length: > 0 } login } ? new Actor("ghost", 0, ActorKind.Other)
        : new Actor(login, user.Id, user.Type switch { "User" => ActorKind.User, "Bot" => ActorKind.Bot, _ => ActorKind.Other });

    private static Uri WebOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : new Uri("about:blank");

    private async Task<bool> IsSelfAsync(Actor actor, CancellationToken cancellationToken) =>
        actor.Id == (await GetSelfAsync(cancellationToken)).Id && actor.Id != 0;

    private static PullHead HeadOf(Wire.Side? side) => new(side?.Ref ?? "", side?.Sha ?? "", RepoOf(side?.Repo));
}
