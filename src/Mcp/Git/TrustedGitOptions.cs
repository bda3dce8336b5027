using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Git;

/// <summary>Options of <see cref="TrustedGit"/>.</summary>
public sealed record TrustedGitOptions
{
    /// <summary>Folder for mirrors, indexes and workspaces; created with access for this user only.</summary>
    public required string Root { get; init; }

    /// <summary>Allows <c>file://</c> URLs and plain paths as remotes; off in production.</summary>
    public bool AllowFileProtocol { get; init; }

    /// <summary>Longest fetch or push.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest local command.</summary>
    public TimeSpan LocalTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most bytes read from one git command (a pack, a file, a patch).</summary>
    public int MaxOutputBytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>Largest workspace file a snapshot takes; GitHub refuses files above 100 MB.</summary>
    public long MaxFileBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>HTTP proxy for remotes; null for none. The service's own environment does not reach git.</summary>
    public string? HttpProxy { get; init; }

    /// <summary>PEM file with certificate authorities for remotes; null for the system's.</summary>
    public string? CertificateBundle { get; init; }

    /// <summary>Who owns workspace files; null leaves them to this process's user.</summary>
    public SandboxUser? WorkspaceOwner { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>Joins the layers of workspaces in this way and fails where it does not work; null for the best way that works.</summary>
    public WorkspaceLayering? RequiredLayering { get; init; }

    /// <summary>Most checked-out trees kept for workspaces to share; those in use stay even beyond it.</summary>
    public int PreparedTreeCount { get; init; } = 24;

    /// <summary>Most bytes of them together.</summary>
    public long PreparedTreeBytes { get; init; } = 20L << 30;
}
