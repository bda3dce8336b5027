namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>One check on one commit.</summary>
internal sealed class CheckRun(long id, CheckSuite suite, string name)
{
    public long Id { get; } = id;

    public CheckSuite Suite { get; } = suite;

    public string Name { get; } = name;

    public string Status { get; set; } = "queued";

    public string? Conclusion { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    public string? Title { get; set; }

    public string? Summary { get; set; }

    public string? Text { get; set; }

    public string? DetailsUrl { get; set; }

    public string? ExternalId { get; set; }
}
