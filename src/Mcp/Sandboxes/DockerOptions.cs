using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Options of the sandboxes in containers.</summary>
public sealed record DockerOptions
{
    /// <summary>The Engine's unix socket. Only a local Engine can bind workspaces: a container's files are this machine's.</summary>
    public string SocketPath { get; init; } = "/var/run/docker.sock";

    /// <summary>Which absent images the Engine may fetch from their registry.</summary>
    public ImagePull Pull { get; init; } = ImagePull.Never;

    /// <summary>
    /// The Engine's network that images are built in: <c>none</c>, or one whose reach the operator has bounded. Null: no image is built. A build
    /// runs its lines as root of a container, with the Engine's usual capabilities and none of a command's limits on what it may reach.
    /// </summary>
    public string? BuildNetwork { get; init; }

    /// <summary>Whom commands run as over a workspace that belongs to root; else it is the workspace's owner, so that each task's user is its own.</summary>
    public SandboxUser User { get; init; } = SandboxUser.Default;

    /// <summary>Size of each private temporary file system (/tmp, home, /dev/shm); it counts as memory.</summary>
    public long TemporaryBytes { get; init; } = 2L << 30;

    /// <summary>What a workspace may hold of its own.</summary>
    public DiskBounds Workspace { get; init; } = DiskBounds.Default;

    /// <summary>Largest file a command can write, and never more than a workspace may hold.</summary>
    public long LargestFileBytes { get; init; } = 4L << 30;

    /// <summary>Runs commands even where the Engine can limit neither memory nor processes.</summary>
    public bool AllowUnlimitedMemory { get; init; }

    /// <summary>How long the Engine may take to answer; pulls and builds have <see cref="ImagePatience"/>.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a pull or a build may take.</summary>
    public TimeSpan ImagePatience { get; init; } = TimeSpan.FromMinutes(20);
}

/// <summary>Which absent images may be fetched.</summary>
public enum ImagePull
{
    /// <summary>None: the operator brings them.</summary>
    Never,

    /// <summary>Those that a digest names, which cannot change under their name.</summary>
    Pinned,

    /// <summary>All.</summary>
    Any,
}

/// <summary>What the Engine is, for the doctor command and start-up logs.</summary>
/// <param name="Version">Its version; null when it does not answer.</param>
/// <param name="Words">How it runs and what it limits, in words.</param>
/// <param name="Problem">Why no container would run, and how to mend it; null when all is well.</param>
public sealed record DockerReport(string? Version, string Words, string? Problem);
