namespace Temporalio.Exceptions;

/// <summary>Replaying a history with the present code gave other commands than the recorded ones.</summary>
public class WorkflowNondeterminismException : InvalidWorkflowOperationException
{
    internal WorkflowNondeterminismException(string message)
        : base(message)
    {
    }
}
