namespace Temporalio.Api.Enums.V1;

/// <summary>Which of an activity's or workflow's timeouts passed.</summary>
public enum TimeoutType
{
    /// <summary>Unknown.</summary>
    Unspecified = 0,

    /// <summary>One attempt took too long.</summary>
    StartToClose = 1,

    /// <summary>No worker took the task in time.</summary>
    ScheduleToStart = 2,

    /// <summary>All attempts together took too long.</summary>
    ScheduleToClose = 3,

    /// <summary>The time between two heartbeats was too long.</summary>
    Heartbeat = 4,
}
