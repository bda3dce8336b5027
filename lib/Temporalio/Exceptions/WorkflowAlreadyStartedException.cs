namespace Temporalio.Exceptions;

/// <summary>A workflow with this id runs already, or ran and may not be started again.</summary>
public class WorkflowAlreadyStartedException : FailureException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the server said.</param>
    /// <param name="workflowId">Workflow id in use.</param>
    /// <param name="workflowType">Type of the workflow that was to be started.</param>
    /// <param name="runId">Run that holds the id.</param>
    public WorkflowAlreadyStartedException(string message, string workflowId, string workflowType, string runId)
        : base(message)
    {
        WorkflowId = workflowId;
        WorkflowType = workflowType;
        RunId = runId;
    }

    /// <summary>Workflow id in use.</summary>
    public string WorkflowId { get; private init; }

    /// <summary>Type of the workflow that was to be started.</summary>
    public string WorkflowType { get; private init; }

    /// <summary>Run that holds the id.</summary>
    public string RunId { get; private init; }
}
