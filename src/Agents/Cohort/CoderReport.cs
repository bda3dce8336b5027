using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

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

/// <summary>How one review thread ends.</summary>
/// <param name="ThreadId">Id of the thread's root comment, as given in the task text; 0 answers the review's summary text.</param>
/// <param name="Outcome">One of <c>fixed</c>, <c>declined</c>, <c>question</c>.</param>
/// <param name="Note">What was done, why not, or what is asked.</param>
public sealed record ThreadAnswer(
    [property: Description("Number of the thread as the task text gives it; 0 answers the review summary.")] long ThreadId,
    [property: Description("How it ends."), AllowedValues("fixed", "declined", "question")] string Outcome,
    [property: Description("What was done, why not, or what is asked; the reviewer reads it.")] string Note);
