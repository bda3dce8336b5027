using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Cohort;

/// <summary>What the fixer works from: any mix of red checks, gate verdicts, findings and a review.</summary>
/// <param name="Task">The task.</param>
/// <param name="Plan">The approved plan; null on a pull request that had none.</param>
public sealed record FixerBrief(TaskContext Task, Plan? Plan)
{
    /// <summary>Checks that are red in our sandbox.</summary>
    public IReadOnlyList<FailedCheck> FailedChecks { get; init; } = [];

    /// <summary>Check runs and statuses that are red in CI on the recorded head.</summary>
    public IReadOnlyList<FailedCheck> FailedCi { get; init; } = [];

    /// <summary>Gates that refused the change, one clear line each (ours, trusted).</summary>
    public IReadOnlyList<string> GateProblems { get; init; } = [];

    /// <summary>Findings of the critic.</summary>
    public IReadOnlyList<CritiqueFinding> Findings { get; init; } = [];

    /// <summary>Summary texts of submitted reviews; answered as thread 0.</summary>
    public IReadOnlyList<PersonText> Reviews { get; init; } = [];

    /// <summary>Open review threads.</summary>
    public IReadOnlyList<ThreadText> Threads { get; init; } = [];

    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ModelItem> ToItems() => new BriefText()
        .Task(Task)
        .Plan("Approved plan", Plan)
        .Checks("Red checks in the sandbox", FailedChecks)
        .Checks("Red checks in CI", FailedCi)
        .Lines("Gates that refused the change", GateProblems)
        .Findings("Findings of the critic", Findings)
        .Reviews(Reviews)
        .Threads(Threads)
        .Ask("Mend what is listed with the smallest change that does it, run the checks, then answer with the fix report: one answer in threads for every review thread, and one with threadId 0 when there is a review summary.")
        .ToItems();
}
