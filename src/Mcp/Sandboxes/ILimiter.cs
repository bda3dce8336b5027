namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Makes the limits of single commands.</summary>
internal interface ILimiter
{
    LimitMechanism Mechanism { get; }

    /// <summary>Sets up limits for one command.</summary>
    ILimitScope Open(SandboxLimits limits);
}

/// <summary>The limits of one command; disposing removes them and whatever still runs under them.</summary>
internal interface ILimitScope : IAsyncDisposable
{
    /// <summary>Files of control groups that the launcher writes itself into before anything else.</summary>
    IReadOnlyList<string> Entries { get; }

    /// <summary>Shell lines that the launcher runs before anything else.</summary>
    string Prelude { get; }

    /// <summary>Processes that the command's user may have in the sandbox's own user namespace; null where something else holds them.</summary>
    int? ProcessesInNamespace => null;

    /// <summary>Cancelled when the scope decides that the tree must die.</summary>
    CancellationToken Stop { get; }

    /// <summary>Called with the launcher's process id.</summary>
    void Watch(int processId);

    /// <summary>True when the memory limit was hit.</summary>
    bool MemoryExceeded();
}

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

/// <summary>No limits beyond wall time; only where the operator allowed it.</summary>
internal sealed class NoLimiter : ILimiter, ILimitScope
{
    public LimitMechanism Mechanism => LimitMechanism.None;

    public IReadOnlyList<string> Entries => [];

    public string Prelude => "";

    public CancellationToken Stop => CancellationToken.None;

    public ILimitScope Open(SandboxLimits limits) => this;

    public void Watch(int processId)
    {
    }

    public bool MemoryExceeded() => false;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
