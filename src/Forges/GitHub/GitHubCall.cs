namespace CodingAgent.Forges.GitHub;

/// <summary>
/// One call of the port on its way through Octokit, whose methods take neither a repository's credentials nor, but for a few, a
/// cancellation token: it travels beside them, and the pipeline finds it on every request that Octokit makes of the call.
/// </summary>
/// <param name="Repo">Repository whose token is needed; null for account-level calls.</param>
/// <param name="CancellationToken">Cancels, also in the middle of an answer.</param>
internal sealed record GitHubCall(RepoRef? Repo, CancellationToken CancellationToken)
{
    /// <summary>Where a request carries its call.</summary>
    public static readonly HttpRequestOptionsKey<GitHubCall> Key = new("coding-agent.call");

    /// <summary>What the token must allow.</summary>
    public TokenPermissions Permissions { get; init; } = TokenPermissions.Read;

    /// <summary>
    /// Whether doing it twice does no harm. When not, only refusals that name a time to come back (rate limits) are repeated here:
    /// after any other failure nobody knows whether it happened, so the caller must look again first.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>
    /// Whether what is wanted is where something lies: a redirect that leaves the API is then the answer, for somebody to follow who has no token.
    /// </summary>
    public bool AsksWhere { get; init; }

    /// <summary>The token to use in place of the source's; null for the source's.</summary>
    public string? Token { get; init; }

    /// <summary>Requests made so far, one per page of a list.</summary>
    public int Requests { get; set; }

    /// <summary>Method and path of the newest request, for messages.</summary>
    public string Doing { get; set; } = "a call";
}
