using CodingAgent.Workflows.Flows;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Which handoffs out of an agent's run a task admits, by its phase. An agent can ask for anything; what comes of it is decided here, so that none can talk
/// its way past an approval. What the planner hands to the retriever stays inside its run and is not asked about.
/// </summary>
public static class HandoffTable
{
    // A third plan that cannot be carried out is a task that nobody has described yet.
    private const int MostPlansGivenUp = 2;

    /// <summary>Decides on a handoff.</summary>
    /// <param name="phase">Where the task stands.</param>
    /// <param name="kind">Kind of work.</param>
    /// <param name="from">Agent that asks.</param>
    /// <param name="target">Name of the agent it asks for: model output.</param>
    /// <param name="givenUp">Plans that were given up in this way.</param>
    public static HandoffVerdict Admit(TaskState phase, TaskKind kind, AgentRole from, string target, int givenUp) => (phase, from, target) switch
    {
        (TaskState.Planning, AgentRole.Planner, _) => Refuse("nothing is edited or reviewed before a plan is approved. Answer with the plan."),
        (TaskState.Editing or TaskState.AddressingFeedback, AgentRole.Coder or AgentRole.Fixer, "critic") => new HandoffVerdict(HandoffEnd.Finishes, ""),
        (TaskState.Critiquing, AgentRole.Critic, "fixer") => new HandoffVerdict(HandoffEnd.Finishes, ""),
        (TaskState.Editing, AgentRole.Coder or AgentRole.Fixer, "planner") when kind != TaskKind.Implement => Refuse("this kind of task makes no other plan. Do what can be done and say in the report what is missing."),
        (TaskState.Editing, AgentRole.Coder or AgentRole.Fixer, "planner") when givenUp >= MostPlansGivenUp => Refuse("two plans were given up already. Do what can be done of this one and say in the report what is missing."),
        (TaskState.Editing, AgentRole.Coder or AgentRole.Fixer, "planner") => new HandoffVerdict(HandoffEnd.Replans, ""),
        (TaskState.AddressingFeedback, _, "planner") => Refuse("the change is published and people look at it. Say in your answers what would take another plan."),
        (TaskState.Critiquing, AgentRole.Critic, _) => Refuse("what you find goes back to the author. Say it as a blocking finding."),
        _ => Refuse("the task is not at a point where that agent could take over."),
    };

    private static HandoffVerdict Refuse(string why) => new(HandoffEnd.Refused, why);
}

/// <summary>What becomes of a handoff.</summary>
/// <param name="End">What.</param>
/// <param name="Why">Why it is refused, in words for the agent; empty otherwise.</param>
public sealed record HandoffVerdict(HandoffEnd End, string Why);

/// <summary>What becomes of a handoff.</summary>
public enum HandoffEnd
{
    /// <summary>The agent is told why not and goes on.</summary>
    Refused,

    /// <summary>It is the agent's answer: what was handed over counts as that.</summary>
    Finishes,

    /// <summary>Another plan is made, and approved anew.</summary>
    Replans,
}
