namespace Temporalio.Exceptions;

/// <summary>An update was rejected by its validator or failed in its handler; why is the inner exception.</summary>
public class WorkflowUpdateFailedException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="inner">Why it failed.</param>
    public WorkflowUpdateFailedException(Exception? inner)
        : base("Workflow update failed", inner)
    {
    }
}
