using CodingAgent.Workflows.Routing;

namespace CodingAgent.Workflows.CodingTask;

/// <summary>Which labels show a task's state on its issue.</summary>
public static class StateLabels
{
    private static readonly string[] Triggers = [TaskLabels.Implement, TaskLabels.Fix];

    /// <summary>Label to have and labels to take off.</summary>
    public static (string? Add, IReadOnlyList<string> Remove) Of(TaskState state) => state switch
    {
        TaskState.Merged => (TaskLabels.Done, [TaskLabels.Working, .. Triggers]),
        TaskState.Failed => (TaskLabels.Failed, [TaskLabels.Working, .. Triggers]),
        TaskState.Closed or TaskState.Stopped => (null, [TaskLabels.Working, .. Triggers]),
        _ => (TaskLabels.Working, [.. Triggers, TaskLabels.Done, TaskLabels.Failed]),
    };
}
