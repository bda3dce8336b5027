namespace CodingAgent.Forges;

/// <summary>Where forge credentials come from: a personal access token, or an app's installation tokens, which are narrowed to a repository and a step.</summary>
public interface ITokenSource
{
    /// <summary>A token for this repository, limited to what the step needs where the source can limit it.</summary>
    /// <param name="repo">Repository; null for account-level calls.</param>
    /// <param name="step">Which step asks, for scoping and audit: e.g. <c>read</c>, <c>comment</c>, <c>push</c>.</param>
    /// <param name="permissions">What the token must allow.</param>
    /// <param name="cancellationToken">Cancels.</param>
    ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken);

    /// <summary>Says that the forge does not accept a token of this source, so that it is not handed out again.</summary>
    /// <param name="token">The token.</param>
    /// <returns>Whether asking once more can have another end.</returns>
    bool Drop(ForgeToken token) => false;
}

/// <summary>A secret for the forge. Its text form is masked, so that a log or an interpolation cannot leak it.</summary>
/// <param name="Secret">The token itself.</param>
/// <param name="Username">User name for git over HTTP basic authentication.</param>
public sealed record ForgeToken(string Secret, string Username)
{
    /// <summary>Masked.</summary>
    public override string ToString() => "ForgeToken(***)";
}

/// <summary>What a token must allow; least privilege per step.</summary>
[Flags]
public enum TokenPermissions
{
    /// <summary>Metadata only.</summary>
    None = 0,

    /// <summary>Read contents, issues, pull requests and checks.</summary>
    Read = 1,

    /// <summary>Write issue and pull request conversation.</summary>
    WriteConversation = 2,

    /// <summary>Open and edit pull requests.</summary>
    WritePulls = 4,

    /// <summary>Push branches.</summary>
    WriteContents = 8,

    /// <summary>Write check runs or statuses.</summary>
    WriteChecks = 16,

    /// <summary>Run CI jobs again and start workflows.</summary>
    RunCi = 32,
}
