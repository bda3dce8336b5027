using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>What the coder works from.</summary>
/// <param name="Task">The task.</param>
/// <param name="Plan">The approved plan.</param>
public sealed record CoderBrief(TaskContext Task, Plan Plan)
{
    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ChatMessage> ToMessages() => new BriefText()
        .Task(Task, Plan.Paths())
        .Plan("Approved plan", Plan)
        .Ask("Carry out the plan in the workspace, with its tests, run the checks, then answer with the change report.")
        .ToMessages();
}
