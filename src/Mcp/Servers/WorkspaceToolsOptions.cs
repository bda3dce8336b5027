using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Servers;

/// <summary>What the workspace servers work on and with.</summary>
public sealed record WorkspaceToolsOptions
{
    /// <summary>The workspace.</summary>
    public required Workspace Workspace { get; init; }

    /// <summary>Where commands run; null leaves the runner tools out.</summary>
    public ISandbox? Sandbox { get; init; }

    /// <summary>Git for status, differences and history; null leaves the repo tools out.</summary>
    public TrustedGit? TrustedGit { get; init; }

    /// <summary>What may be changed and read.</summary>
    public PathPolicy PathPolicy { get; init; } = PathPolicy.Open;

    /// <summary>The repository's named checks.</summary>
    public IReadOnlyList<WorkspaceCheck> Checks { get; init; } = [];

    /// <summary>Limits of each command and check.</summary>
    public SandboxLimits SandboxLimits { get; init; } = SandboxLimits.Default;

    /// <summary>Only tools that change nothing: no edits, no commands.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Host user that files written by tools are given to; must be the sandbox's.</summary>
    public SandboxUser? FileOwner { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>Clock for time limits and durations.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
