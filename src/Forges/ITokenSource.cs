namespace CodingAgent.Forges;

/// <summary>Where forge credentials come from: a personal access token today, installation tokens scoped per step later.</summary>
public interface ITokenSource
{
    /// <summary>A token for this repository, limited to what the step needs where the source can limit it.</summary>
    /// <param name="repo">Repository; null for account-level calls.</param>
    /// <param name="step">Which step asks, for scoping and audit: e.g. <c>read</c>, <c>comment</c>, <c>push</c>.</param>
    /// <param name="permissions">What the token must allow.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken);
}
