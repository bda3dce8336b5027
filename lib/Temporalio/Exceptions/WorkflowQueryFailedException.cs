namespace Temporalio.Exceptions;

/// <summary>A query handler threw, or there is none of that name.</summary>
public class WorkflowQueryFailedException : TemporalException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the worker said.</param>
    public WorkflowQueryFailedException(string message)
        : base(message)
    {
    }
}
