namespace Temporalio.Activities;

/// <summary>Why an activity's cancellation token fired.</summary>
public enum ActivityCancelReason
{
    /// <summary>It has not fired.</summary>
    None = 0,

    /// <summary>The server no longer knows the activity, for example because its workflow closed.</summary>
    GoneFromServer = 1,

    /// <summary>The workflow asked for cancellation.</summary>
    CancelRequested = 2,

    /// <summary>A timeout of the activity passed.</summary>
    Timeout = 3,

    /// <summary>The worker is shutting down.</summary>
    WorkerShutdown = 4,

    /// <summary>A heartbeat could not be recorded, for example because its details could not be converted.</summary>
    HeartbeatRecordFailure = 5,

    /// <summary>The activity was paused.</summary>
    Paused = 6,

    /// <summary>The activity was reset.</summary>
    Reset = 7,
}
