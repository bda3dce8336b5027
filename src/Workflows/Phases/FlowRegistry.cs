using CodingAgent.Agents.Definitions;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.Workflows.Phases;

/// <summary>The jobs by their kind: every class of this assembly that is a <see cref="Flow"/>, so that a new one is its folder and its line in <see cref="FlowList"/>.</summary>
public sealed class FlowRegistry : IFlowAgents
{
    private static readonly Dictionary<TaskKind, Flow> ByKind = typeof(Flow).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false } && t.IsSubclassOf(typeof(Flow))).Select(t => (Flow)Activator.CreateInstance(t)!).ToDictionary(f => f.Kind);

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<Flow> All => ByKind.Values;

    /// <summary>The job of a kind.</summary>
    public static Flow Of(TaskKind kind) => ByKind[kind];

    /// <inheritdoc/>
    public AgentDefinition Make(string name, string model) =>
        All.Select(f => f.Agents.GetValueOrDefault(name)).FirstOrDefault(a => a is not null)?.Invoke(model)
        ?? throw new ArgumentException($"There is no agent '{name}'.", nameof(name));
}
