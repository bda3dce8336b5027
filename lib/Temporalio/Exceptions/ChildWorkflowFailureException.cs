using Temporalio.Protocol.Failures;
using RetryState = Temporalio.Api.Enums.V1.RetryState;

namespace Temporalio.Exceptions;

/// <summary>A child workflow did not complete; the reason is the inner exception.</summary>
public class ChildWorkflowFailureException : FailureException
{
    internal ChildWorkflowFailureException(Failure failure, Exception? inner)
        : base(failure, inner)
    {
        var info = failure.ChildWorkflowExecutionFailureInfo;
        Namespace = info.Namespace;
        WorkflowId = info.WorkflowExecution?.WorkflowId ?? string.Empty;
        RunId = info.WorkflowExecution?.RunId ?? string.Empty;
        WorkflowType = info.WorkflowType?.Name ?? string.Empty;
        RetryState = (RetryState)(int)info.RetryState;
    }

    /// <summary>Namespace of the child.</summary>
    public string Namespace { get; }

    /// <summary>Workflow id of the child.</summary>
    public string WorkflowId { get; }

    /// <summary>Run id of the child; empty when it never started.</summary>
    public string RunId { get; }

    /// <summary>Workflow type of the child.</summary>
    public string WorkflowType { get; }

    /// <summary>Why it is not retried any more.</summary>
    public RetryState RetryState { get; }
}
