namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>A commit as shown to people and API callers.</summary>
internal sealed record CommitInfo(
    string Sha, string Tree, IReadOnlyList<string> Parents, string AuthorName, string AuthorEmail, DateTimeOffset AuthoredAt, string Message)
{
    public string Subject => Message.Split('\n', 2)[0];
}
