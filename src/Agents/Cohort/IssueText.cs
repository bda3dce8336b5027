namespace CodingAgent.Agents.Cohort;

/// <summary>The issue a task answers; all of it is outside text.</summary>
/// <param name="Number">Issue number.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Body, as it was when the task was asked for.</param>
/// <param name="Author">Login of its author.</param>
public sealed record IssueText(int Number, string Title, string Body, string Author);
