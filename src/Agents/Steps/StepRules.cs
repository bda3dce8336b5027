using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Steps;

/// <summary>What the step machine goes by; all of it is data.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Input">Task text.</param>
/// <param name="Budget">Limits.</param>
public sealed record StepRules(AgentDefinition Agent, IReadOnlyList<ModelItem> Input, AgentBudget Budget)
{
    /// <summary>Prices.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>Tools that need a person's word.</summary>
    public IReadOnlySet<string> GuardedTools { get; init; } = new HashSet<string>();

    /// <summary>Words given.</summary>
    public IReadOnlyList<ToolApproval> Approvals { get; init; } = [];

    /// <summary>Remarks given.</summary>
    public IReadOnlyList<SteeringNote> Steering { get; init; } = [];
}
