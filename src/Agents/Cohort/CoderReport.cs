namespace CodingAgent.Agents.Cohort;

/// <summary>The coder's (and fixer's) submission. It claims nothing about success: that is computed from evidence.</summary>
/// <param name="Title">Conventional-commit subject line.</param>
/// <param name="Summary">What changed.</param>
/// <param name="Why">Why it was done this way.</param>
/// <param name="HowToTest">How a person can check it.</param>
/// <param name="Rollback">How to undo it in production.</param>
/// <param name="Threads">Answers to review threads, when there were any.</param>
public sealed record CoderReport(
    string Title, string Summary, string Why, string HowToTest, string Rollback, IReadOnlyList<ThreadAnswer> Threads);
