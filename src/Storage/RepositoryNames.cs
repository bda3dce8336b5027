using CodingAgent.Forges;

namespace CodingAgent.Storage;

/// <summary>How rows name the repository they are about, and how those of one are found that was renamed.</summary>
internal static class RepositoryNames
{
    /// <summary>True of a row whose <c>repo</c> is <c>@repo</c>, or another name that the same repository had or has.</summary>
    public const string Condition = "(repo = @repo OR repo IN (SELECT b.repo FROM repository_names a JOIN repository_names b ON a.id = b.id WHERE a.repo = @repo))";

    /// <summary>The name in rows.</summary>
    public static string Key(RepoRef repo) => repo.ToString().ToLowerInvariant();
}
