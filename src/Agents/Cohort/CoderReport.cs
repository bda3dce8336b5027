using System.ComponentModel;

namespace CodingAgent.Agents.Cohort;

/// <summary>The coder's (and fixer's) submission. It claims nothing about success: that is computed from evidence.</summary>
/// <param name="Title">Conventional-commit subject line.</param>
/// <param name="Summary">What changed.</param>
/// <param name="Why">Why it was done this way.</param>
/// <param name="HowToTest">How a person can check it.</param>
/// <param name="Rollback">How to undo it in production.</param>
/// <param name="Threads">Answers to review threads, when there were any.</param>
public sealed record CoderReport(
    [property: Description("Conventional-commit subject line, such as 'feat(client): retry failed requests'; at most 72 characters.")] string Title,
    [property: Description("What changed.")] string Summary,
    [property: Description("Why it was done this way.")] string Why,
    [property: Description("How a person can check it, step by step.")] string HowToTest,
    [property: Description("How to undo it in production.")] string Rollback,
    [property: Description("One answer per review thread of the task; empty when there are none.")] IReadOnlyList<ThreadAnswer> Threads);
