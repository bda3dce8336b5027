namespace TemporalServer.Machine;

/// <summary>A command that cannot be carried out: the workflow task fails with the cause, and nothing of it is kept.</summary>
internal sealed class CommandRejectedException(WorkflowTaskFailedCause cause, string message, bool endsWorkflow = false) : Exception(message)
{
    /// <summary>True when doing the task again cannot mend it: the run is terminated.</summary>
    public bool EndsWorkflow { get; } = endsWorkflow;

    /// <summary>What the failed task's event names.</summary>
    public WorkflowTaskFailedCause Cause { get; } = cause;
}
