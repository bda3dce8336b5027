using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Tasks;

/// <summary>An agent run in progress. What the agent was told at its start is frozen, because every segment must begin with the same text.</summary>
/// <param name="RunId">Journal key.</param>
/// <param name="Role">Role.</param>
/// <param name="StartSnapshot">Snapshot it starts from; null means the base commit.</param>
/// <param name="Told">Remarks of people known at its start.</param>
public sealed record AgentRunState(string RunId, AgentRole Role, string? StartSnapshot, IReadOnlyList<PersonText> Told)
{
    /// <summary>Number of the segment, from 0; rises with every execution.</summary>
    public int Segment { get; set; }

    /// <summary>Remarks that came while it runs.</summary>
    public List<SteeringNote> Notes { get; init; } = [];

    /// <summary>Used by this run so far.</summary>
    public Consumption Used { get; set; } = Consumption.Zero;

    /// <summary>How often in a row the model was away.</summary>
    public int Away { get; set; }
}
