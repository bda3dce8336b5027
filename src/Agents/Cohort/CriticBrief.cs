using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>What the critic works from; the change itself it reads through its tools.</summary>
/// <param name="Task">The task.</param>
/// <param name="Plan">The approved plan; null on a pull request that had none.</param>
/// <param name="Report">What the author of the change says of it.</param>
public sealed record CriticBrief(TaskContext Task, Plan? Plan, CoderReport Report)
{
    /// <summary>Evidence as computed by code: one line per check, with its exit code.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>Files the change touches so far; with the plan's they decide which guidance files are told in full.</summary>
    public IReadOnlyList<string> ChangedPaths { get; init; } = [];

    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ChatMessage> ToMessages() => new BriefText()
        .Task(Task, ChangedPaths.Concat(Plan?.Paths() ?? []))
        .Plan("Approved plan", Plan)
        .Report("The author's report", Report)
        .Lines("Evidence, computed by code", Evidence)
        .Ask("Read the change with repo_diff and the files around it, then answer with the critique.")
        .ToMessages();
}
