namespace CodingAgent.Forges.Events;

/// <summary>Which forge object reported a CI result.</summary>
public enum CiSource
{
    /// <summary>A check run.</summary>
    CheckRun,

    /// <summary>A check suite.</summary>
    CheckSuite,

    /// <summary>A workflow run.</summary>
    WorkflowRun,

    /// <summary>A commit status.</summary>
    Status,
}
