using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>All scripts; the task's text chooses. Reference changes come first: they name their repository.</summary>
internal sealed class ScenarioCatalogue(IEnumerable<ReferenceChange> references)
{
    private readonly IScenario[] _all = [.. references.Select(r => new ReferenceScenario(r)), new PaymentRetries(), new ShellAddition()];

    public IScenario For(Conversation conversation) =>
        Array.Find(_all, s => s.Matches(conversation.TaskText))
        ?? throw ChatRefusedException.Bad($"No script fits this task. There are scripts for: {string.Join("; ", _all.Select(s => s.Title))}.");
}
