using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>What an agent works from that belongs to one kind of work alone.</summary>
/// <param name="Task">The task.</param>
/// <param name="Ask">What it is to do now: ours.</param>
public sealed record OwnBrief(TaskContext Task, string Ask)
{
    /// <summary>Files it is about; they decide which guidance files are told in full.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ChatMessage> ToMessages() => new BriefText().Task(Task, Paths).Ask(Ask).ToMessages();
}
