namespace CodingAgent.Forges.GitHub;

/// <summary>
/// One personal access token of a dedicated account for everything: it cannot be narrowed per step, which is why the code that
/// holds it must be the applier's and never the agent's.
/// </summary>
public sealed class PersonalTokenSource : ITokenSource
{
    private readonly ForgeToken _token;

    /// <summary>Takes the token.</summary>
    /// <exception cref="ArgumentException">The token is missing, or holds characters no token has (a pasted line break, say).</exception>
    public PersonalTokenSource(string token)
    {
        if (string.IsNullOrWhiteSpace(token) || token.Any(c => c is <= ' ' or > '~'))
            throw new ArgumentException("Forge:GitHub:Token is missing or holds characters a token cannot have; set it to a personal access token of the bot's account.", nameof(token));
        // GitHub looks at the password alone; this user name is the one its own documentation uses for tokens.
        _token = new ForgeToken(token, "x-access-token");
    }

    /// <inheritdoc/>
    public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_token);
}
