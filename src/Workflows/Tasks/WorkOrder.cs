using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What the coder or fixer is asked to do.</summary>
/// <param name="Role">Coder or fixer.</param>
public sealed record WorkOrder(AgentRole Role)
{
    /// <summary>Checks that are red in the sandbox.</summary>
    public IReadOnlyList<FailedCheck> FailedChecks { get; init; } = [];

    /// <summary>Gates that refused the change, a line each.</summary>
    public IReadOnlyList<string> GateProblems { get; init; } = [];

    /// <summary>Findings of the critic.</summary>
    public IReadOnlyList<CritiqueFinding> Findings { get; init; } = [];

    /// <summary>Artifact with reviews, threads and red CI; null when the order comes from our own checks.</summary>
    public string? FeedbackId { get; init; }
}
