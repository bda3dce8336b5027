namespace CodingAgent.Agents.Cohort;

/// <summary>The planner's structured output. Free text in it is model output: shown to people, never executed.</summary>
/// <param name="Goal">What will be true afterwards, one or two sentences.</param>
/// <param name="Constraints">What must stay true.</param>
/// <param name="Edits">Files to change or add.</param>
/// <param name="Tests">Tests to add or change.</param>
/// <param name="Risks">What could go wrong and how it is limited.</param>
/// <param name="Questions">Open questions for people; empty when none.</param>
public sealed record Plan(
    string Goal,
    IReadOnlyList<string> Constraints,
    IReadOnlyList<PlannedEdit> Edits,
    IReadOnlyList<PlannedEdit> Tests,
    IReadOnlyList<string> Risks,
    IReadOnlyList<string> Questions);
