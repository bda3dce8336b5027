using System.Net;

namespace CodingAgent.Forges.GitHub;

/// <summary>One call.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path below the API root, escaped, with query; or an absolute URL of the same origin.</param>
/// <param name="Repo">Repository whose token is needed; null for account-level calls.</param>
internal sealed record GitHubRequest(HttpMethod Method, string Path, RepoRef? Repo)
{
    /// <summary>What the token must allow.</summary>
    public TokenPermissions Permissions { get; init; } = TokenPermissions.Read;

    /// <summary>Body.</summary>
    public string? Json { get; init; }

    /// <summary>
    /// Whether doing it twice does no harm. When not, only refusals that name a time to come back (rate limits) are repeated here:
    /// after any other failure nobody knows whether it happened, so the caller must look again first.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>Statuses that are an answer here and not an error.</summary>
    public IReadOnlyList<HttpStatusCode> AlsoFine { get; init; } = [];
}
