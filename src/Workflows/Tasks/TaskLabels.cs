using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;

namespace CodingAgent.Workflows.Tasks;

/// <summary>Labels the bot shows its state by (product.md §2); those that ask for work are in <see cref="FlowList"/>. Forges compare label names ignoring case.</summary>
public static class TaskLabels
{
    /// <summary>The bot is at it.</summary>
    public const string Working = "agent:working";

    /// <summary>The bot has finished.</summary>
    public const string Done = "agent:done";

    /// <summary>The bot has given up.</summary>
    public const string Failed = "agent:failed";

    /// <summary>True for a label whose removal by a person means "stop".</summary>
    public static bool StopsWhenRemoved(string label) => FlowList.VerbOf(label) is not null || Is(label, Working);

    /// <summary>Compares as forges do.</summary>
    public static bool Is(string label, string known) => string.Equals(label, known, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Which labels show a task's state on its issue.</summary>
public static class StateLabels
{
    private static readonly string[] Triggers = [.. FlowList.All.Select(f => f.Label).Distinct()];

    /// <summary>Label to have and labels to take off.</summary>
    public static (string? Add, IReadOnlyList<string> Remove) Of(TaskState state) => state switch
    {
        TaskState.Merged => (TaskLabels.Done, [TaskLabels.Working, .. Triggers]),
        TaskState.Failed => (TaskLabels.Failed, [TaskLabels.Working, .. Triggers]),
        TaskState.Closed or TaskState.Stopped => (null, [TaskLabels.Working, .. Triggers]),
        _ => (TaskLabels.Working, [.. Triggers, TaskLabels.Done, TaskLabels.Failed]),
    };
}

/// <summary>Names of the branches the product creates.</summary>
public static class TaskBranch
{
    /// <summary>What every such name starts with; the router looks closer at pull requests whose head does.</summary>
    public const string Prefix = "coding-agent/";

    /// <summary>What the names of a task's own branches start with.</summary>
    /// <param name="issue">The issue it answers; null for a goal.</param>
    public static string PrefixOf(int? issue) => issue is { } number ? $"{Prefix}issue-{number}-" : $"{Prefix}goal-";

    /// <summary>What the names of a part's branches start with.</summary>
    /// <param name="repo">The repository they are in.</param>
    /// <param name="task">The part, or the whole.</param>
    /// <param name="issue">The issue that the whole answers; null for a goal.</param>
    public static string PrefixOf(RepoRef repo, TaskId task, int? issue)
    {
        ArgumentNullException.ThrowIfNull(task);
        // An issue of that number is another one there. Of what a repository may be called only dots can make a name that git refuses.
        return repo == task.Repo ? PrefixOf(issue) : $"{Prefix}{task.Repo.FullName.Replace('.', '-').Replace('/', '-')}-{(issue is { } number ? $"{number}" : "goal")}-";
    }
}
