using System.ComponentModel;
using CodingAgent.Agents.Definitions;

namespace CodingAgent.Agents.Cohort;

/// <summary>The planner's structured output. Free text in it is model output: shown to people, never executed.</summary>
/// <param name="Goal">What will be true afterwards, one or two sentences.</param>
/// <param name="Constraints">What must stay true.</param>
/// <param name="Edits">Files to change or add.</param>
/// <param name="Tests">Tests to add or change.</param>
/// <param name="Risks">What could go wrong and how it is limited.</param>
/// <param name="Questions">Open questions for people; empty when none.</param>
public sealed record Plan(
    [property: Description("What will be true afterwards, in one or two sentences.")]
    string Goal,
    [property: Description("What must stay true.")]
    IReadOnlyList<string> Constraints,
    [property: Description("Every file to change or add that is not a test. Files missing here need a new plan.")]
    IReadOnlyList<PlannedEdit> Edits,
    [property: Description("Test files to add or change, and what they prove.")]
    IReadOnlyList<PlannedEdit> Tests,
    [property: Description("What could go wrong, and how it is limited.")]
    IReadOnlyList<string> Risks,
    [property: Description("Only questions without whose answer the work would go wrong; usually empty.")]
    IReadOnlyList<string> Questions)
{
    /// <summary>
    /// The ticket it answers: <c>owner/name#7</c>, or the task's key. Filled in by code, because a plan must not be able to name another ticket than the one
    /// it was asked for; empty in plans from before it was kept.
    /// </summary>
    [FilledByCode]
    public string TicketId { get; init; } = "";

    /// <summary>Why it is done this way and not another; empty in plans from before it was asked for.</summary>
    [Description("Why this way and not the nearest other one, in two or three sentences.")]
    public string Rationale { get; init; } = "";

    /// <summary>
    /// Names of the checks that will prove it, as they are known when it is made. Filled in by code: they come from the base branch, not from a model.
    /// </summary>
    [FilledByCode]
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>
    /// What is planned for the same task in other repositories; null for a plan of one repository, whose hashes and digests must stay what they are.
    /// Filled in by code: each was made on a tree of its own.
    /// </summary>
    [FilledByCode]
    public IReadOnlyList<PlanElsewhere>? Others { get; init; }

    /// <summary>True for a plan with nothing of what plans were given later, whose hashes and digests are what they were.</summary>
    public bool IsFirstForm() => Others is null && TicketId.Length == 0 && Rationale.Length == 0 && Checks.Count == 0 && Edits.Concat(Tests).All(e => e.Functions.Count == 0);

    /// <summary>How many files it names, in all its repositories.</summary>
    public int CountFiles() => Edits.Count + Tests.Count + (Others ?? []).Sum(o => o.Plan.CountFiles());

    /// <summary>All files the plan names in its own repository.</summary>
    internal IEnumerable<string> Paths() => Edits.Concat(Tests).Select(e => e.Path);
}

/// <summary>The part of a plan that is in another repository than the one where it was asked for.</summary>
/// <param name="Repository">The repository, <c>owner/name</c>.</param>
/// <param name="BaseSha">Commit it is made for.</param>
/// <param name="PolicyBlob">Blob of that repository's policy file; empty when there is none.</param>
/// <param name="Plan">What is planned there.</param>
public sealed record PlanElsewhere(string Repository, string BaseSha, string PolicyBlob, Plan Plan);

/// <summary>One file of a plan.</summary>
/// <param name="Path">Path from the repository root; a glob is not allowed.</param>
/// <param name="Intent">What changes there and why.</param>
public sealed record PlannedEdit(
    [property: Description("Path of one file from the repository root; no glob.")] string Path,
    [property: Description("What changes there and why, concrete enough to check.")] string Intent)
{
    /// <summary>Functions, types or settings that are touched, by the names they have there; empty in plans from before they were asked for.</summary>
    [Description("Names of the functions, types or settings that are touched or added there, as the code writes them; empty for a whole file.")]
    public IReadOnlyList<string> Functions { get; init; } = [];
}
