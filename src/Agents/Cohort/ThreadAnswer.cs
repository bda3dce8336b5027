using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CodingAgent.Agents.Cohort;

/// <summary>How one review thread ends.</summary>
/// <param name="ThreadId">Id of the thread's root comment, as given in the task text; 0 answers the review's summary text.</param>
/// <param name="Outcome">One of <c>fixed</c>, <c>declined</c>, <c>question</c>.</param>
/// <param name="Note">What was done, why not, or what is asked.</param>
public sealed record ThreadAnswer(
    [property: Description("Number of the thread as the task text gives it; 0 answers the review summary.")] long ThreadId,
    [property: Description("How it ends."), AllowedValues("fixed", "declined", "question")] string Outcome,
    [property: Description("What was done, why not, or what is asked; the reviewer reads it.")] string Note);
