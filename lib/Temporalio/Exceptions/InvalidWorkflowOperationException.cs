namespace Temporalio.Exceptions;

/// <summary>Workflow code did something that workflow code may not do.</summary>
public class InvalidWorkflowOperationException : TemporalException
{
    internal InvalidWorkflowOperationException(string message)
        : base(message)
    {
    }
}
