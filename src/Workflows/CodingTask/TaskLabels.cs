namespace CodingAgent.Workflows.CodingTask;

/// <summary>Labels that show a task's state on its issue.</summary>
public static class TaskLabels
{
    /// <summary>A task works on it.</summary>
    public const string Working = "agent:working";

    /// <summary>Merged.</summary>
    public const string Done = "agent:done";

    /// <summary>Failed.</summary>
    public const string Failed = "agent:failed";

    private static readonly string[] Triggers = ["agent:implement", "agent:fix"];

    /// <summary>Label to have and labels to take off.</summary>
    public static (string? Add, IReadOnlyList<string> Remove) Of(TaskState state) => state switch
    {
        TaskState.Merged => (Done, [Working, .. Triggers]),
        TaskState.Failed => (Failed, [Working, .. Triggers]),
        TaskState.Closed or TaskState.Stopped => (null, [Working, .. Triggers]),
        _ => (Working, [.. Triggers, Done, Failed]),
    };
}
