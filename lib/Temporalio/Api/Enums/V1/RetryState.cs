namespace Temporalio.Api.Enums.V1;

/// <summary>Why an activity or child workflow is not retried any more.</summary>
public enum RetryState
{
    /// <summary>Unknown.</summary>
    Unspecified = 0,

    /// <summary>It is still being retried.</summary>
    InProgress = 1,

    /// <summary>The failure was marked as not retryable, or its type is listed as such.</summary>
    NonRetryableFailure = 2,

    /// <summary>The next retry would start after the schedule-to-close timeout.</summary>
    Timeout = 3,

    /// <summary>All permitted attempts were made.</summary>
    MaximumAttemptsReached = 4,

    /// <summary>There is no retry policy.</summary>
    RetryPolicyNotSet = 5,

    /// <summary>The server failed.</summary>
    InternalServerError = 6,

    /// <summary>Cancellation was requested.</summary>
    CancelRequested = 7,
}
