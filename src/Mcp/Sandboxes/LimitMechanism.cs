namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What holds a sandboxed process tree to its memory and process limits on this machine.</summary>
public enum LimitMechanism
{
    /// <summary>Nothing; commands are refused unless <see cref="BubblewrapOptions.AllowUnlimitedMemory"/> is set.</summary>
    None,

    /// <summary>Per-process resource limits, and a watcher that adds up the tree and kills it; coarser, because it looks a few times a second.</summary>
    Supervisor,

    /// <summary>Control groups, version 1: memory and pids (and cpu where mounted).</summary>
    CgroupV1,

    /// <summary>Control groups, version 2.</summary>
    CgroupV2,
}
