namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Options of <see cref="BubblewrapSandbox"/>.</summary>
public sealed record BubblewrapOptions
{
    /// <summary>The bubblewrap program.</summary>
    public string Program { get; init; } = "bwrap";

    /// <summary>Host user of sandboxed commands when this process is root; must own the workspaces. Not used otherwise.</summary>
    public SandboxUser? User { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>What is shown beside <c>/usr</c>.</summary>
    public IReadOnlyList<SandboxToolchain> Toolchains { get; init; } = [];

    /// <summary>Runs commands even where no memory limit can be enforced.</summary>
    public bool AllowUnlimitedMemory { get; init; }

    /// <summary>Uses this mechanism instead of the best one found; fails when it is not usable.</summary>
    public LimitMechanism? RequiredMechanism { get; init; }

    /// <summary>Size of each private temporary file system (/tmp, home, /dev/shm); it counts as memory.</summary>
    public long TemporaryBytes { get; init; } = 2L << 30;

    /// <summary>Largest file a command can write.</summary>
    public long LargestFileBytes { get; init; } = 4L << 30;
}
