using CodingAgent.Agents.Models;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>What the operator sets for coding tasks.</summary>
public sealed record FlowSettings
{
    /// <summary>Default model of the planner.</summary>
    public required string PlannerModel { get; init; }

    /// <summary>Default model of coder and fixer.</summary>
    public required string CoderModel { get; init; }

    /// <summary>Model of the critic; null means the planner's.</summary>
    public string? CriticModel { get; init; }

    /// <summary>Model that stands in where the policy file names none; null for none.</summary>
    public string? FallbackModel { get; init; }

    /// <summary>Prices per model, for the cost budget.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>Path of the policy file on the default branch.</summary>
    public string PolicyPath { get; init; } = ".github/coding-agent.yml";

    /// <summary>How long a step may be silent before another worker takes it up; counts for tasks started from now on.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most processes in a sandbox; the policy file sets the rest.</summary>
    public int MaxProcesses { get; init; } = SandboxLimits.Default.MaxProcesses;
}

/// <summary>Sandbox limits of a policy.</summary>
internal static class SandboxPolicy
{
    public static SandboxLimits Limits(RepositoryPolicy policy, FlowSettings settings) => new(
        policy.Sandbox.Timeout, policy.Sandbox.MemoryBytes, settings.MaxProcesses, SandboxLimits.Default.OutputBytes, policy.Sandbox.Cpus);
}
