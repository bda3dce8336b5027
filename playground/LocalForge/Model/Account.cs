namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A user or app of the forge.</summary>
internal sealed record Account(long Id, string Login, string Token, AccountKind Kind, DateTimeOffset CreatedAt)
{
    /// <summary>Its name, which its owner can change.</summary>
    public string Login { get; set; } = Login;

    /// <summary>Scopes of its token, as the header names them.</summary>
    public string Scopes { get; init; } = "repo";

    /// <summary>Whether its token may write.</summary>
    public bool MayWrite => Kind == AccountKind.Bot || Scopes.Split(',', StringSplitOptions.TrimEntries).Any(s => s is "repo" or "api");

    /// <summary>Whether its token may use GitLab's REST API at all: <c>api</c>, or <c>read_api</c> for reading alone.</summary>
    public bool MayReadApi => MayWrite || Scopes.Split(',', StringSplitOptions.TrimEntries).Contains("read_api");

    /// <summary>Whether its token may see workflow runs; a scope <c>-actions</c> takes that away, as a token without the permission has it.</summary>
    public bool MayReadActions => !Scopes.Split(',', StringSplitOptions.TrimEntries).Contains("-actions");

    public string TypeName => Kind switch { AccountKind.Bot => "Bot", AccountKind.Group => "Organization", _ => "User" };

    /// <summary>Slug of the app behind a bot account, as check runs name it.</summary>
    public string AppSlug => Login.Replace("[bot]", "", StringComparison.Ordinal);
}
