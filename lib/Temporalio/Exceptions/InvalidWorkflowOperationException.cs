namespace Temporalio.Exceptions;

/// <summary>Workflow code did something that workflow code may not do, or a task of it failed in replay.</summary>
public class InvalidWorkflowOperationException : TemporalException
{
    internal InvalidWorkflowOperationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
