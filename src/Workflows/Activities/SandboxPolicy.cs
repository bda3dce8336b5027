using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>Sandbox limits of a policy.</summary>
internal static class SandboxPolicy
{
    public static SandboxLimits Limits(RepositoryPolicy policy, FlowSettings settings) => new(
        policy.Sandbox.Timeout, policy.Sandbox.MemoryBytes, settings.MaxProcesses, SandboxLimits.Default.OutputBytes, policy.Sandbox.Cpus);
}
