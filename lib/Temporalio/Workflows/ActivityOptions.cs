using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>How a workflow runs an activity. Start-to-close or schedule-to-close is required.</summary>
public class ActivityOptions : ICloneable
{
    /// <summary>Longest time over all attempts.</summary>
    public TimeSpan? ScheduleToCloseTimeout { get; set; }

    /// <summary>Longest time until a worker takes the task. Not retried.</summary>
    public TimeSpan? ScheduleToStartTimeout { get; set; }

    /// <summary>Longest time of one attempt.</summary>
    public TimeSpan? StartToCloseTimeout { get; set; }

    /// <summary>Longest time between heartbeats.</summary>
    public TimeSpan? HeartbeatTimeout { get; set; }

    /// <summary>How failures are retried; null for the server's default, which retries without limit.</summary>
    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>How a cancelled call ends.</summary>
    public ActivityCancellationType CancellationType { get; set; } = ActivityCancellationType.TryCancel;

    /// <summary>Cancels the call; the workflow's own token when null.</summary>
    public CancellationToken? CancellationToken { get; set; }

    /// <summary>Queue to run on; the workflow's own when null.</summary>
    public string? TaskQueue { get; set; }

    /// <summary>One line for people, shown in the history.</summary>
    public string? Summary { get; set; }

    /// <summary>Id of the activity; its sequence number when null.</summary>
    public string? ActivityId { get; set; }

    /// <summary>Do not let the server hand the task straight back to this worker.</summary>
    public bool DisableEagerActivityExecution { get; set; }

    /// <summary>Priority of the task.</summary>
    public Priority? Priority { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
