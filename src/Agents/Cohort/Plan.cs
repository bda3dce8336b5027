using System.ComponentModel;

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
    /// <summary>All files the plan names.</summary>
    internal IEnumerable<string> Paths() => Edits.Concat(Tests).Select(e => e.Path);
}

/// <summary>One file of a plan.</summary>
/// <param name="Path">Path from the repository root; a glob is not allowed.</param>
/// <param name="Intent">What changes there and why.</param>
public sealed record PlannedEdit(
    [property: Description("Path of one file from the repository root; no glob.")] string Path,
    [property: Description("What changes there and why, concrete enough to check.")] string Intent);
