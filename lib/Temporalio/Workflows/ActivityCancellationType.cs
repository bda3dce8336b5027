namespace Temporalio.Workflows;

/// <summary>How a cancelled activity call ends in the workflow.</summary>
public enum ActivityCancellationType
{
    /// <summary>Request cancellation and fail the call at once.</summary>
    TryCancel = 0,

    /// <summary>Request cancellation and wait for what the activity answers.</summary>
    WaitCancellationCompleted = 1,

    /// <summary>Request nothing and fail the call at once.</summary>
    Abandon = 2,
}
