using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Gates;

namespace CodingAgent.Workflows.Apply;

/// <summary>A change that wants to leave.</summary>
/// <param name="Task">Task.</param>
/// <param name="Repo">Repository.</param>
/// <param name="Facts">Facts with policy and branches.</param>
/// <param name="BaseSha">Commit the change is computed against.</param>
/// <param name="Snapshot">Snapshot with the change; null means the base itself.</param>
/// <param name="Branch">Branch to push.</param>
/// <param name="ExpectedHead">Where the branch must be now; null when it must not exist.</param>
/// <param name="Report">The author's report: model output.</param>
/// <param name="Evidence">Check results.</param>
/// <param name="RequestedBy">Who asked: co-author.</param>
/// <param name="StepName">Value of the Agent-Step trailer.</param>
/// <param name="CommitDate">Workflow time, so that a retry makes the same commit.</param>
public sealed record PublishStep(
    TaskId Task, RepoRef Repo, TaskFacts Facts, string BaseSha, string? Snapshot, string Branch, string? ExpectedHead, CoderReport Report,
    Evidence? Evidence, Actor RequestedBy, string StepName, DateTimeOffset CommitDate)
{
    /// <summary>The report of this very commit, for its message; <see cref="Report"/> is the one of the whole pull request.</summary>
    public CoderReport? Latest { get; init; }

    /// <summary>Issue it answers.</summary>
    public int? Issue { get; init; }

    /// <summary>Pull request, once there is one.</summary>
    public int? Pull { get; init; }

    /// <summary>False for a person's pull request, whose title and body stay theirs.</summary>
    public bool OwnsPull { get; init; } = true;

    /// <summary>Approved plan.</summary>
    public Plan? Plan { get; init; }

    /// <summary>Tests must change with code.</summary>
    public bool TestsMustChange { get; init; } = true;

    /// <summary>Findings of the self-review that stay open.</summary>
    public IReadOnlyList<CritiqueFinding> OpenFindings { get; init; } = [];

    /// <summary>Cost so far, US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>Tokens so far.</summary>
    public long Tokens { get; init; }
}
