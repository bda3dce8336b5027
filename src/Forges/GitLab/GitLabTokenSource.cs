namespace CodingAgent.Forges.GitLab;

/// <summary>
/// One access token (personal, of a project or group, or OAuth) for everything: GitLab cannot narrow one per step, which is why the code that
/// holds it must be the applier's and never the agent's.
/// </summary>
public sealed class GitLabTokenSource : ITokenSource
{
    private readonly ForgeToken _token;

    /// <summary>Takes the token.</summary>
    /// <exception cref="ArgumentException">The token is missing, or holds characters no token has (a pasted line break, say).</exception>
    public GitLabTokenSource(string token)
    {
        if (string.IsNullOrWhiteSpace(token) || token.Any(c => c is <= ' ' or > '~'))
            throw new ArgumentException("Forge:GitLab:Token is missing or holds characters a token cannot have; set it to an access token of the bot with the scope api.", nameof(token));
        // Any name does for access tokens; OAuth tokens need this one.
        _token = new ForgeToken(token, "oauth2");
    }

    /// <inheritdoc/>
    public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_token);
}
