namespace Temporalio.Exceptions;

/// <summary>Waiting for an update ran out of time or was cancelled by its caller; the update itself may still go on.</summary>
public class WorkflowUpdateRpcTimeoutOrCanceledException : RpcTimeoutOrCanceledException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="inner">What ended the wait.</param>
    public WorkflowUpdateRpcTimeoutOrCanceledException(Exception? inner)
        : base("Waiting for the update timed out or was cancelled.", inner)
    {
    }
}
