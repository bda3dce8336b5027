namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>One job: it becomes one check run.</summary>
internal sealed record WorkflowJob(string Id, string Name, IReadOnlyList<string> Needs, IReadOnlyList<WorkflowStep> Steps)
{
    /// <summary>Stage of GitLab's file.</summary>
    public string Stage { get; init; } = "test";

    /// <summary>Its failure does not hold up what needs it.</summary>
    public bool AllowFailure { get; init; }

    /// <summary>Not started here.</summary>
    public bool IsManual { get; init; }

    /// <summary>Done whatever became of the jobs before it.</summary>
    public bool Always { get; init; }
}
