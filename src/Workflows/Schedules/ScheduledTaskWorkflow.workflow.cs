using CodingAgent.Forges;
using Temporalio.Common;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Schedules;

/// <summary>One time of a schedule: begins its task, or says why not. While it waits for a forge that is away, later times are passed over.</summary>
[Workflow]
public sealed class ScheduledTaskWorkflow
{
    /// <summary>How late a task may begin: what came due while nobody was here comes once within this time, and not at all after it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(1);

    private static readonly SearchAttributeKey<DateTimeOffset> ScheduledAt = SearchAttributeKey.CreateDateTimeOffset("TemporalScheduledStartTime");

    // As long as the schedule gives it.
    private static readonly ActivityOptions Options = new()
    {
        StartToCloseTimeout = TimeSpan.FromMinutes(2),
        HeartbeatTimeout = TimeSpan.FromSeconds(20),
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(5), MaximumInterval = TimeSpan.FromMinutes(5) },
    };

    /// <summary>Begins the task.</summary>
    /// <param name="due">Which entry, as it was when the schedule was made.</param>
    /// <returns>What came of it, in words.</returns>
    [WorkflowRun]
    public Task<string> RunAsync(ScheduledTask due)
    {
        // Started by hand, it is due now.
        var at = Workflow.TypedSearchAttributes.ContainsKey(ScheduledAt) ? Workflow.TypedSearchAttributes.Get(ScheduledAt) : new DateTimeOffset(Workflow.Info.StartTime, TimeSpan.Zero);
        return Workflow.ExecuteActivityAsync((ScheduleActivities a) => a.BeginAsync(due, at), Options);
    }
}

/// <summary>What a schedule begins. It says which entry, never what to do: that is read from the policy when the time has come.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="Name">The entry's name.</param>
/// <param name="Digest">The entry as it was; another begins nothing.</param>
public sealed record ScheduledTask(RepoRef Repo, string Name, string Digest);
