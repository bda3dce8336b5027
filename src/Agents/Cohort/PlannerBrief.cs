using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>What the planner works from.</summary>
/// <param name="Task">The task.</param>
public sealed record PlannerBrief(TaskContext Task)
{
    /// <summary>The plan that was not approved, when planning again.</summary>
    public Plan? Previous { get; init; }

    /// <summary>Why it was not: a person's words, or which files fell outside it.</summary>
    public string? PreviousProblem { get; init; }

    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ChatMessage> ToMessages() => new BriefText()
        .Task(Task, Previous?.Paths() ?? [])
        .Plan("Previous plan, not approved", Previous)
        .Quote("Why the previous plan was not approved", PreviousProblem)
        .Ask("Read what you need of the repository, then answer with the plan.")
        .ToMessages();
}
