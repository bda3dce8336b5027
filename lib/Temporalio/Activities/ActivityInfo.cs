using System.Text.Json.Serialization;
using Temporalio.Api.Common.V1;
using Temporalio.Common;
using Temporalio.Converters;

namespace Temporalio.Activities;

/// <summary>What an activity knows about its task. Times are UTC.</summary>
/// <param name="ActivityId">Id in its workflow.</param>
/// <param name="ActivityType">Name of the activity.</param>
/// <param name="Attempt">Attempt, starting at 1.</param>
/// <param name="CurrentAttemptScheduledTime">When this attempt was scheduled.</param>
/// <param name="DataConverter">Converter in use.</param>
/// <param name="HeartbeatDetails">What an earlier attempt recorded with its last heartbeat.</param>
/// <param name="HeartbeatTimeout">Longest time between heartbeats.</param>
/// <param name="IsLocal">Whether it is a local activity.</param>
/// <param name="Namespace">Namespace of the worker.</param>
/// <param name="Priority">Priority of the task.</param>
/// <param name="RetryPolicy">Retry policy in force.</param>
/// <param name="ScheduleToCloseTimeout">Longest time over all attempts.</param>
/// <param name="ScheduledTime">When the activity was first scheduled.</param>
/// <param name="StartToCloseTimeout">Longest time of one attempt.</param>
/// <param name="StartedTime">When this attempt was started.</param>
/// <param name="TaskQueue">Queue the task came from.</param>
/// <param name="TaskToken">Token that identifies the task to the server.</param>
/// <param name="WorkflowId">Workflow that scheduled it.</param>
/// <param name="WorkflowNamespace">Namespace of that workflow.</param>
/// <param name="WorkflowRunId">Run of that workflow.</param>
/// <param name="WorkflowType">Type of that workflow.</param>
public record ActivityInfo(
    string ActivityId,
    string ActivityType,
    int Attempt,
    DateTime CurrentAttemptScheduledTime,
    [property: JsonIgnore] DataConverter DataConverter,
    IReadOnlyCollection<Payload> HeartbeatDetails,
    TimeSpan? HeartbeatTimeout,
    bool IsLocal,
    string Namespace,
    Priority Priority,
    RetryPolicy? RetryPolicy,
    TimeSpan? ScheduleToCloseTimeout,
    DateTime ScheduledTime,
    TimeSpan? StartToCloseTimeout,
    DateTime StartedTime,
    string TaskQueue,
    byte[] TaskToken,
    string? WorkflowId,
    string? WorkflowNamespace,
    string? WorkflowRunId,
    string? WorkflowType)
{
    /// <summary>Whether a workflow scheduled it.</summary>
    public bool IsWorkflowActivity => WorkflowId is not null;

    /// <summary>Reads one value of the last heartbeat of an earlier attempt.</summary>
    /// <typeparam name="T">Type to read it as.</typeparam>
    /// <param name="index">Zero-based position.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    public Task<T> HeartbeatDetailAtAsync<T>(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, HeartbeatDetails.Count);
        return DataConverter.ToValueAsync<T>(HeartbeatDetails.ElementAt(index));
    }
}
