namespace Temporalio.Exceptions;

/// <summary>The awaited workflow did not complete; how it ended is the inner exception.</summary>
public class WorkflowFailedException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="inner">How the workflow ended.</param>
    public WorkflowFailedException(Exception? inner)
        : base("Workflow failed", inner)
    {
    }
}
