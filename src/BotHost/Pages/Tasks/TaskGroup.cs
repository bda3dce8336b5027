using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>Tasks that a person looks for together.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Title">For people.</param>
/// <param name="States">Their states; none for all.</param>
internal sealed record TaskGroup(string Name, string Title, IReadOnlyList<TaskState> States)
{
    /// <summary>The groups; the first is everything.</summary>
    public static IReadOnlyList<TaskGroup> All { get; } =
    [
        new("all", "All", []),
        new("waiting", "Wait for a person", [TaskState.AwaitingApproval, TaskState.AwaitingReview, TaskState.ReadyToMerge]),
        new("working", "At work", [.. Enum.GetValues<TaskState>().Where(s => Words.ToneOf(s) == "work")]),
        new("merged", "Merged", [TaskState.Merged]),
        new("failed", "Failed", [TaskState.Failed]),
        new("ended", "Closed or stopped", [TaskState.Closed, TaskState.Stopped]),
    ];
}
