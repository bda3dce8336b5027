using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Comments;

namespace CodingAgent.Workflows.Activities;

/// <summary>What to tell the world about a task's state.</summary>
/// <param name="Summary">Projection.</param>
/// <param name="Status">Status comment.</param>
/// <param name="RunKey">Names the comment.</param>
/// <param name="Number">Issue or pull request that carries comment and labels; null when there is none.</param>
/// <param name="AddLabel">Label to add; null for none.</param>
/// <param name="RemoveLabels">Labels to take off.</param>
public sealed record TellInput(
    TaskSummary Summary, StatusView Status, string RunKey, int? Number, string? AddLabel, IReadOnlyList<string> RemoveLabels);
