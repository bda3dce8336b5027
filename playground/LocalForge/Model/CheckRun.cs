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

    /// <summary>The workflow run it is a job of; null for what apps report.</summary>
    public WorkflowRun? Run { get; init; }

    /// <summary>Which try of the workflow run it belongs to.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>What the job printed, written when it ends; null before, and when it was deleted.</summary>
    public string? Log { get; set; }

    /// <summary>Somebody deleted the log.</summary>
    public bool LogIsGone { get; set; }

    /// <summary>Stage of the pipeline, where the file knows stages.</summary>
    public string Stage { get; init; } = "test";

    /// <summary>Its failure does not count against the pipeline.</summary>
    public bool AllowFailure { get; init; }

    /// <summary>Somebody has to start it; it stays <c>action_required</c>.</summary>
    public bool IsManual { get; init; }

    /// <summary>It begins only when jobs before it have ended.</summary>
    public bool WaitsForOthers { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public List<Annotation> Annotations { get; } = [];
}

/// <summary>A remark of a check on a line.</summary>
internal sealed record Annotation(string Path, int Line, string Level, string Title, string Message);
