using CodingAgent.Agents.Definitions;

namespace CodingAgent.Workflows.Ports;

/// <summary>The agents that jobs bring beside the cohort.</summary>
public interface IFlowAgents
{
    /// <summary>The agent of a name, for a model.</summary>
    /// <exception cref="ArgumentException">No job brings it.</exception>
    AgentDefinition Make(string name, string model);
}
