namespace CodingAgent.Workflows.CodingTask;

/// <summary>What a task hangs on.</summary>
public enum TaskAnchor
{
    /// <summary>An issue.</summary>
    Issue,

    /// <summary>A pull request the task did not open.</summary>
    Pull,

    /// <summary>A goal given over REST.</summary>
    Goal,
}
