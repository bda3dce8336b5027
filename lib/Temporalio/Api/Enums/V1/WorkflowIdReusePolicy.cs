namespace Temporalio.Api.Enums.V1;

/// <summary>What happens when a start names the id of a workflow that has already closed.</summary>
public enum WorkflowIdReusePolicy
{
    /// <summary>Left to the server, which allows duplicates.</summary>
    Unspecified = 0,

    /// <summary>Start a new run whatever the outcome of the earlier one.</summary>
    AllowDuplicate = 1,

    /// <summary>Start a new run only when the earlier one did not complete successfully.</summary>
    AllowDuplicateFailedOnly = 2,

    /// <summary>Never reuse the id.</summary>
    RejectDuplicate = 3,

    /// <summary>Terminate a running workflow first; prefer <see cref="WorkflowIdConflictPolicy.TerminateExisting"/>.</summary>
    TerminateIfRunning = 4,
}
