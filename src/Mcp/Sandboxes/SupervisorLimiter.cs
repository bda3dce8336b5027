using System.Globalization;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// Limits where no control group can be made: resource limits for each process, and a watcher that adds up the tree. Less exact than
/// control groups: a tree can overshoot between two looks, but no single process can.
/// </summary>
internal sealed class SupervisorLimiter(SandboxUser? user, TimeProvider time) : ILimiter
{
    public LimitMechanism Mechanism => LimitMechanism.Supervisor;

    public static bool IsUsable => File.Exists("/proc/self/statm");

    public ILimitScope Open(SandboxLimits limits)
    {
        // RLIMIT_NPROC counts all tasks of the user, not of the tree: what runs already is added.
        var processes = limits.MaxProcesses + ProcessTable.TasksOf(user?.Uid);
        var kilobytes = limits.MemoryBytes / 1024;
        var prelude = string.Create(CultureInfo.InvariantCulture, $"ulimit -d {kilobytes}; ulimit -p {processes} 2>/dev/null || ulimit -u {processes}; ");
        return new SupervisorScope(limits, prelude, time);
    }
}
