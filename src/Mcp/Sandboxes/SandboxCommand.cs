namespace CodingAgent.Mcp.Sandboxes;

/// <summary>One command to run.</summary>
/// <param name="Argv">Program and arguments; a shell line is <c>["/bin/sh", "-c", line]</c>.</param>
/// <param name="WorkspacePath">Host folder bound as the workspace: the only host state the command can write.</param>
/// <param name="Limits">Time, memory, processes, output.</param>
public sealed record SandboxCommand(IReadOnlyList<string> Argv, string WorkspacePath, SandboxLimits Limits)
{
    /// <summary>Folder to start in, relative to the workspace.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>The whole environment, beside the few values the sandbox itself sets (PATH, HOME, TMPDIR, LANG, toolchains').</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Text on standard input; null closes it.</summary>
    public string? StandardInput { get; init; }

    /// <summary>Binds the workspace read-only.</summary>
    public bool ReadOnlyWorkspace { get; init; }
}
