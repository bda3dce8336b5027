namespace CodingAgent.Agents.Cohort;

/// <summary>Something a person wrote: a steering comment, a review's summary, a remark in a thread.</summary>
/// <param name="Author">Login.</param>
/// <param name="Text">Text.</param>
public sealed record PersonText(string Author, string Text);
