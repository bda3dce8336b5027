namespace TemporalServer.Machine;

/// <summary>A command that cannot be carried out: the workflow task fails with the cause, and nothing of it is kept.</summary>
internal sealed class CommandRejectedException(WorkflowTaskFailedCause cause, string message) : Exception(message)
{
    /// <summary>What the failed task's event names.</summary>
    public WorkflowTaskFailedCause Cause { get; } = cause;
}
