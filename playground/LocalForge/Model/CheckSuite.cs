namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>All check runs one app made for one commit in one go.</summary>
internal sealed class CheckSuite(long id, Account app, string headSha, string? headBranch, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    public Account App { get; } = app;

    public string HeadSha { get; } = headSha;

    public string? HeadBranch { get; } = headBranch;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset UpdatedAt { get; set; } = createdAt;

    public string Status { get; set; } = "queued";

    public string? Conclusion { get; set; }
}
