namespace Temporalio.Exceptions;

/// <summary>The awaited run continued as new and the caller asked not to follow.</summary>
public class WorkflowContinuedAsNewException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="newRunId">The run that goes on.</param>
    public WorkflowContinuedAsNewException(string newRunId)
        : base("Workflow continued as new") => NewRunId = newRunId;

    /// <summary>The run that goes on.</summary>
    public string NewRunId { get; private init; }
}
