using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>All scripts; the task's text chooses.</summary>
internal static class ScenarioCatalogue
{
    private static readonly Scenario[] All = [new PaymentRetries(), new ShellAddition()];

    public static Scenario For(Conversation conversation) =>
        All.FirstOrDefault(s => s.Matches(conversation.TaskText))
        ?? throw ChatRefusedException.Bad($"No script fits this task. There are scripts for: {string.Join("; ", All.Select(s => s.Title))}.");
}
