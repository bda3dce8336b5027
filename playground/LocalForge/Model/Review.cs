namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>A review; <c>PENDING</c> until it is submitted.</summary>
internal sealed class Review(long id, Account author, string commitSha)
{
    public const string Pending = "PENDING";

    public long Id { get; } = id;

    public Account Author { get; } = author;

    public string CommitSha { get; } = commitSha;

    public string Body { get; set; } = "";

    public string State { get; set; } = Pending;

    public DateTimeOffset? SubmittedAt { get; set; }

    public TextEdit? Edit { get; set; }
}
