namespace CodingAgent.Forges.GitLab;

/// <summary>One call of the port on its way through Refit: what the pipeline must know travels with each request.</summary>
/// <param name="Repo">Repository whose token is needed; null for account-level calls.</param>
internal sealed record GitLabCall(RepoRef? Repo)
{
    /// <summary>Name of the request's option that carries it.</summary>
    public const string Key = "coding-agent.call";

    /// <summary>What the token must allow.</summary>
    public TokenPermissions Permissions { get; init; } = TokenPermissions.Read;

    /// <summary>
    /// Whether doing it twice does no harm. When not, only refusals that name a time to come back are repeated here: after any other failure
    /// nobody knows whether it happened, so the caller must look again first.
    /// </summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>Whether the answer is a log, which is no JSON and may be long: beginning and end of it are read.</summary>
    public bool ReadsLog { get; init; }
}
