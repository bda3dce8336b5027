using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Phases;

/// <summary>
/// What one job adds to the life of a task: work before the plan, words for its agents, a proof of its own, gates. It has no state; what it must
/// remember is in <see cref="FlowState"/>. Everything a job adds stands in its folder under <c>Flows</c>, and is found there by being of this class.
/// </summary>
public abstract class Flow
{
    /// <summary>Which job.</summary>
    public abstract TaskKind Kind { get; }

    /// <summary>Classes with the activities that this job brings, made by the container of the worker.</summary>
    public virtual IReadOnlyList<Type> Activities => [];

    /// <summary>Agents that this job brings beside the cohort, by name, made for a model.</summary>
    public virtual IReadOnlyDictionary<string, Func<string, AgentDefinition>> Agents { get; } = new Dictionary<string, Func<string, AgentDefinition>>(StringComparer.Ordinal);

    /// <summary>What an agent of the cohort is told to mind in this job, after its own instructions; empty for nothing.</summary>
    public virtual string Instructions(AgentRole role) => "";

    /// <summary>True where coder and fixer work in small steps, each of which is a commit of its own when its checks are green.</summary>
    public virtual bool WorksInSteps => false;

    /// <summary>What an agent is told of this task beside what all tasks tell.</summary>
    /// <param name="state">State of the task.</param>
    /// <param name="role">The agent.</param>
    public virtual IReadOnlyList<BriefSection> Tells(CodingTaskState state, AgentRole role) => [];

    /// <summary>Lines of the checklist before the plan.</summary>
    public virtual IReadOnlyList<StatusStep> Steps(CodingTaskState state) => [];

    /// <summary>Work before each plan. Called again where a run was cut off: what is done must be in the state.</summary>
    public virtual Task BeforePlanAsync(ITaskLife life) => Task.CompletedTask;

    /// <summary>The plan, where code makes it; null leaves it to the planner.</summary>
    public virtual Task<PlannedByCode?> PlanAsync(ITaskLife life) => Task.FromResult<PlannedByCode?>(null);

    /// <summary>What the pull request is about, where it takes the place of older ones about the same; null where it takes nobody's.</summary>
    public virtual TaskSubject? Subject(CodingTaskState state) => null;

    /// <summary>How much of the code tests ran before the change and with it, where the job measures that; null where it does not.</summary>
    public virtual TaskSummary.CoverageChange? Coverage(CodingTaskState state) => null;

    /// <summary>How the approved plan is divided into parts that tasks of their own carry out; null for one change. Pure: state in, parts out.</summary>
    public virtual Division? Divide(CodingTaskState state) => null;

    /// <summary>What a part could not carry out with its rest, to be carried out apart, and what stays as it was, in Markdown.</summary>
    public virtual (IReadOnlyList<TaskPart> Apart, string Left) HandsBack(CodingTaskState state) => ([], "");

    /// <summary>Why what a part made is shown as a draft although it is not green; null for what must be green. People are told the commands whose output shows why.</summary>
    public virtual ShownRed? ShowsRed(CodingTaskState state) => null;

    /// <summary>True where the policy lets a part be shown in a draft although its checks are red.</summary>
    public virtual bool MayShowRed(RepositoryPolicy policy) => false;

    /// <summary>The approved plan carried out, where code does that; null leaves it to the coder. Called again where a run was cut off: what is done must be in the state.</summary>
    public virtual Task<MadeByCode?> EditAsync(ITaskLife life) => Task.FromResult<MadeByCode?>(null);

    /// <summary>What code wrote made anew on a base that has moved, where both changed the same files; null leaves the conflict to the fixer.</summary>
    /// <param name="life">The task, on its new base.</param>
    /// <param name="snapshot">Both together, with markers where they conflict.</param>
    /// <param name="conflicts">Files with markers.</param>
    public virtual Task<string?> MakeAnewAsync(ITaskLife life, string snapshot, IReadOnlyList<string> conflicts) => Task.FromResult<string?>(null);

    /// <summary>
    /// What the checks do not show, proved of the very tree that they are green on. Called for each such tree.
    /// </summary>
    /// <returns>What is to be mended; null when it is proved, or left to the gates.</returns>
    public virtual Task<WorkOrder?> ProveAsync(ITaskLife life, Evidence evidence) => Task.FromResult<WorkOrder?>(null);

    /// <summary>False where code may change without a test that changes with it, because the tests that are there are the point.</summary>
    public virtual bool TestsMustChange => true;

    /// <summary>Signed records that the applier is given for <see cref="Judge"/>.</summary>
    public virtual IReadOnlyList<SignedRecord> Records(CodingTaskState state) => [];

    /// <summary>Gates of this job. The applier asks; nothing but signed records and git objects counts.</summary>
    public virtual FlowJudgement Judge(FlowCase of) => FlowJudgement.None;
}

/// <summary>What a job's gates say, and what its proof shows to people.</summary>
/// <param name="Verdicts">Verdicts.</param>
/// <param name="Shows">What is proved beside the checks, a line each, for the pull request; may quote outside text.</param>
public sealed record FlowJudgement(IReadOnlyList<GateVerdict> Verdicts, IReadOnlyList<string> Shows)
{
    /// <summary>Nothing to judge.</summary>
    public static FlowJudgement None { get; } = new([], []);
}

/// <summary>A change that is shown although it is not green.</summary>
/// <param name="Why">Why, a sentence for people; may quote outside text.</param>
/// <param name="WhatToDo">What a person can do, with code in backticks.</param>
/// <param name="Shows">Commands whose output shows why.</param>
public sealed record ShownRed(string Why, string WhatToDo, IReadOnlyList<FailedCheck> Shows);

/// <summary>A plan that no model made.</summary>
/// <param name="Plan">The plan; names and reasons in it may be outside text.</param>
/// <param name="Record">The same as the agents role signed it.</param>
public sealed record PlannedByCode(Plan Plan, SignedRecord Record);

/// <summary>A change that no model made as a whole.</summary>
/// <param name="Report">What it is, in place of the coder's report.</param>
/// <param name="Snapshot">The tree.</param>
public sealed record MadeByCode(CoderReport Report, string Snapshot);
