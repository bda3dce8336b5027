namespace Temporalio.Workflows;

/// <summary>How a cancelled child workflow call ends in the parent.</summary>
public enum ChildWorkflowCancellationType
{
    /// <summary>Request nothing and fail the call at once.</summary>
    Abandon = 0,

    /// <summary>Request cancellation and fail the call at once.</summary>
    TryCancel = 1,

    /// <summary>Request cancellation and wait for the child to close.</summary>
    WaitCancellationCompleted = 2,

    /// <summary>Request cancellation and wait until the request has reached the child.</summary>
    WaitCancellationRequested = 3,
}
