namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Limits of one sandboxed command.</summary>
/// <param name="Timeout">Wall time, after which the whole process tree is killed.</param>
/// <param name="MemoryBytes">Memory of the tree together.</param>
/// <param name="MaxProcesses">Processes and threads of the tree together.</param>
/// <param name="OutputBytes">Kept of each output stream: half from its start, half from its end.</param>
/// <param name="Cpus">Cores' worth of processor time.</param>
public sealed record SandboxLimits(TimeSpan Timeout, long MemoryBytes, int MaxProcesses, int OutputBytes, double Cpus)
{
    /// <summary>Defaults of the policy file (product.md §3): 2 cpus, 4 GiB, 20 minutes.</summary>
    public static SandboxLimits Default { get; } = new(TimeSpan.FromMinutes(20), 4L << 30, 1024, 64 * 1024, 2);
}
