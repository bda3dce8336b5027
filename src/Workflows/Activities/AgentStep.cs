using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>One segment of an agent run. Everything that makes the agent's text is the same in each segment of the run.</summary>
/// <param name="Task">Task.</param>
/// <param name="Repo">Repository.</param>
/// <param name="Run">The run.</param>
/// <param name="BaseSha">Commit changes are computed against.</param>
/// <param name="ContextId">Artifact with the task's text.</param>
/// <param name="Policy">Policy.</param>
/// <param name="Budget">Limits of the run.</param>
public sealed record AgentStep(TaskId Task, RepoRef Repo, AgentRunState Run, string BaseSha, string ContextId, RepositoryPolicy Policy, AgentBudget Budget)
{
    /// <summary>Plan: the approved one, or for the planner the one that was not approved.</summary>
    public Plan? Plan { get; init; }

    /// <summary>Why the planner plans anew.</summary>
    public string ReplanReason { get; init; } = "";

    /// <summary>The author's report, for the critic.</summary>
    public CoderReport? Report { get; init; }

    /// <summary>Evidence lines, for the critic.</summary>
    public IReadOnlyList<string> EvidenceLines { get; init; } = [];

    /// <summary>What the coder or fixer is asked to do.</summary>
    public WorkOrder? Work { get; init; }
}
