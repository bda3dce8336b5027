namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A user or app of the forge.</summary>
internal sealed record Account(long Id, string Login, string Token, AccountKind Kind, DateTimeOffset CreatedAt)
{
    public string TypeName => Kind == AccountKind.Bot ? "Bot" : "User";

    /// <summary>Slug of the app behind a bot account, as check runs name it.</summary>
    public string AppSlug => Login.Replace("[bot]", "", StringComparison.Ordinal);
}
