namespace Temporalio.Exceptions;

/// <summary>Workflow code left the workflow's scheduler, so that what it does next would depend on more than its history.</summary>
public class InvalidWorkflowSchedulerException : InvalidWorkflowOperationException
{
    private readonly string? _stackTrace;

    internal InvalidWorkflowSchedulerException(string message, string? stackTrace = null)
        : base(message) => _stackTrace = stackTrace;

    /// <summary>The way to the call that left, from workflow code on.</summary>
    public override string? StackTrace => _stackTrace ?? base.StackTrace;
}
