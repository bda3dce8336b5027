using System.Security.Cryptography;
using System.Text;
using CodingAgent.Agents.Guardrails;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Definitions;

/// <summary>Who an agent is: its instructions, its model, what it may use, to whom it may hand over, and the shape of its final answer.</summary>
/// <param name="Name">Role name as it appears in traces, progress and people's text, such as <c>coder</c>.</param>
/// <param name="Instructions">System text: a stable prefix, the same in every run of the role.</param>
/// <param name="Model">Model name as the endpoint knows it.</param>
public sealed record AgentDefinition(string Name, string Instructions, string Model)
{
    private const int VersionDigits = 12;

    /// <summary>Shape of the final answer; null for free text.</summary>
    public OutputContract? Output { get; init; }

    /// <summary>Upper bound on output tokens of one turn, when set.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Names of the run's tools that it may use; null for all.</summary>
    public IReadOnlyList<string>? Tools { get; init; }

    /// <summary>Agents that it may call as tools.</summary>
    public IReadOnlyList<AgentTool> AgentTools { get; init; } = [];

    /// <summary>It is offered <see cref="Runs.FinishedStep.ToolName"/>, to say which places of its work are whole.</summary>
    public bool FinishesSteps { get; init; }

    /// <summary>To whom it may hand over.</summary>
    public IReadOnlyList<Handoff> Handoffs { get; init; } = [];

    /// <summary>Turns it may take of a run, whatever the run's own budget is; null for no bound of its own.</summary>
    public int? MaxTurns { get; init; }

    /// <summary>
    /// Makes an answer of what is there when <see cref="MaxTurns"/> are taken, from the agent's conversation; null gives none. Pure. An answer that does not
    /// follow the contract is not used.
    /// </summary>
    public Func<IReadOnlyList<ChatMessage>, string?>? OnMaxTurns { get; init; }

    /// <summary>Judge the input, when a run begins with this agent.</summary>
    public IReadOnlyList<InputGuardrail> InputGuardrails { get; init; } = [];

    /// <summary>Judge its final answer, when a run ends with it; what it gives back inside a run is judged by who asked.</summary>
    public IReadOnlyList<OutputGuardrail> OutputGuardrails { get; init; } = [];

    /// <summary>Judge its calls.</summary>
    public IReadOnlyList<ToolGuardrail> ToolGuardrails { get; init; } = [];

    /// <summary>Version of the prompt: a digest of the instructions, so that equal text is an equal version.</summary>
    public string PromptVersion => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Instructions)))[..VersionDigits];

    /// <summary>The same agent on another model, with those that it calls or that take over inside its runs.</summary>
    public AgentDefinition On(string model) =>
        this with
        {
            Model = model,
            AgentTools = [.. AgentTools.Select(t => t with { Agent = t.Agent.On(model) })],
            Handoffs = [.. Handoffs.Select(h => h with { Agent = h.Agent?.On(model) })],
        };

    /// <summary>This agent and those that can take over inside its runs.</summary>
    internal IEnumerable<AgentDefinition> WithInside() => Handoffs.Where(h => h.Agent is not null).SelectMany(h => h.Agent!.WithInside()).Prepend(this).DistinctBy(a => a.Name, StringComparer.Ordinal);
}
