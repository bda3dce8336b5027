using System.Net;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Git;

/// <summary>Options of <see cref="TrustedGit"/>.</summary>
public sealed record TrustedGitOptions
{
    /// <summary>More than people review, and less than a folder of packages.</summary>
    public const long DefaultSnapshotFiles = 20_000;

    /// <summary>Five files of the largest size (<see cref="MaxFileBytes"/>); what is published has far smaller bounds.</summary>
    public const long DefaultSnapshotBytes = 256L << 20;

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

    /// <summary>Most files, of those that differ from the base, that one snapshot takes in; a repository's own files are no part of that.</summary>
    public long MaxSnapshotFiles { get; init; } = DefaultSnapshotFiles;

    /// <summary>Most bytes of them together.</summary>
    public long MaxSnapshotBytes { get; init; } = DefaultSnapshotBytes;

    /// <summary>
    /// Fetches history without file contents where the remote can do that, and then the contents of the commits that are worked on
    /// (<see cref="TrustedGit.CompleteAsync"/>). For very large repositories. Its limit: contents of older commits are not there, so in a git
    /// view <c>git log</c> and <c>git describe</c> work, but <c>git blame</c> and <c>git log -p</c> do not.
    /// </summary>
    public bool PartialClone { get; init; }

    /// <summary>How many git views are kept, over all repositories; the least recently used go, but none used within six hours.</summary>
    public int MaxGitViews { get; init; } = 20;

    /// <summary>Largest content of a Git LFS file that is fetched.</summary>
    public long MaxLfsFileBytes { get; init; } = 1L << 30;

    /// <summary>Most bytes of such contents for one commit.</summary>
    public long MaxLfsBytes { get; init; } = 4L << 30;

    /// <summary>Most submodules of one commit, those of submodules included.</summary>
    public int MaxSubmodules { get; init; } = 100;

    /// <summary>How deep submodules may lie in submodules.</summary>
    public int MaxSubmoduleDepth { get; init; } = 5;

    /// <summary>Most bytes of their files together.</summary>
    public long MaxSubmoduleBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Special-purpose ranges (<see cref="Egress.SpecialRanges"/>) that hosts which a repository names, for submodules and Git LFS contents, may lie in all
    /// the same. The forge's own host is not asked.
    /// </summary>
    public IReadOnlyList<IPNetwork> AllowedRanges { get; init; } = [];

    /// <summary>HTTP proxy for remotes; null for none. The service's own environment does not reach git.</summary>
    public string? HttpProxy { get; init; }

    /// <summary>PEM file with certificate authorities for remotes; null for the system's.</summary>
    public string? CertificateBundle { get; init; }

    /// <summary>What commits that ask for it are signed with; null for nothing.</summary>
    public CommitSigning? Signing { get; init; }

    /// <summary>Who owns workspace files; null leaves them to this process's user.</summary>
    public SandboxUser? WorkspaceOwner { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>Joins the layers of workspaces in this way and fails where it does not work; null for the best way that works.</summary>
    public WorkspaceLayering? RequiredLayering { get; init; }

    /// <summary>Most checked-out trees kept for workspaces to share; those in use stay even beyond it.</summary>
    public int PreparedTreeCount { get; init; } = 24;

    /// <summary>Most bytes of them together.</summary>
    public long PreparedTreeBytes { get; init; } = 20L << 30;
}
