namespace Temporalio.Api.Enums.V1;

/// <summary>What happens when a start names the id of a workflow that is still running.</summary>
public enum WorkflowIdConflictPolicy
{
    /// <summary>Left to the server: fail for a plain start, use the running one for signal-with-start.</summary>
    Unspecified = 0,

    /// <summary>The start fails with an already-started error.</summary>
    Fail = 1,

    /// <summary>The running workflow's handle is returned.</summary>
    UseExisting = 2,

    /// <summary>The running workflow is terminated, then a new run starts.</summary>
    TerminateExisting = 3,
}
