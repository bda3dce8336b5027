namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>One run of a workflow file on a commit; its jobs are the check runs of its suite.</summary>
internal sealed class WorkflowRun(long id, long workflowId, string name, string path, string @event, CheckSuite suite, DateTimeOffset createdAt)
{
    public long Id { get; } = id;

    /// <summary>The same for every run of the file.</summary>
    public long WorkflowId { get; } = workflowId;

    public string Name { get; } = name;

    public string Path { get; } = path;

    public string Event { get; } = @event;

    public CheckSuite Suite { get; } = suite;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset StartedAt { get; set; } = createdAt;

    /// <summary>Rises with every re-run.</summary>
    public int Attempt { get; set; } = 1;

    public string Status { get; set; } = "queued";

    public string? Conclusion { get; set; }

    /// <summary>Why its file could not be read; null for one that could.</summary>
    public string? YamlErrors { get; set; }

    /// <summary>Somebody asked for it to end.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Ends the step that runs; null while none does.</summary>
    public Action? EndStep { get; set; }

    /// <summary>The branch that workflow filters looked at when it began.</summary>
    public required string FilterBranch { get; init; }
}
