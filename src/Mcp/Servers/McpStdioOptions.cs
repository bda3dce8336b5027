using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Servers;

/// <summary>Options of a stdio server over a folder of the user's own.</summary>
public sealed record McpStdioOptions
{
    /// <summary>The folder to serve; for the repo server a git working copy.</summary>
    public required string WorkspacePath { get; init; }

    /// <summary>What may be changed and read.</summary>
    public PathPolicy PathPolicy { get; init; } = PathPolicy.Open;

    /// <summary>Checks for run_checks.</summary>
    public IReadOnlyList<WorkspaceCheck> Checks { get; init; } = [];

    /// <summary>Limits of commands.</summary>
    public SandboxLimits SandboxLimits { get; init; } = SandboxLimits.Default;

    /// <summary>Toolchains of commands.</summary>
    public IReadOnlyList<SandboxToolchain> Toolchains { get; init; } = [];

    /// <summary>Input; null for standard input.</summary>
    public Stream? Input { get; init; }

    /// <summary>Output; null for standard output, which then must carry nothing else.</summary>
    public Stream? Output { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
