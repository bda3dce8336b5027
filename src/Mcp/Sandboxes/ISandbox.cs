namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Runs one untrusted command over a workspace, without network, credentials or a view of the host.</summary>
public interface ISandbox
{
    /// <summary>Runs a command to its end or its limits. Limits are results, not exceptions.</summary>
    /// <exception cref="SandboxUnavailableException">The sandbox itself cannot run on this machine; the message says what to install or set.</exception>
    Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken);
}

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

/// <summary>Limits of one sandboxed command.</summary>
/// <param name="Timeout">Wall time, after which the whole process tree is killed.</param>
/// <param name="MemoryBytes">Memory of the tree together.</param>
/// <param name="MaxProcesses">Processes and threads of the tree together.</param>
/// <param name="OutputBytes">Kept of each output stream: half from its start, half from its end.</param>
/// <param name="Cpus">Cores' worth of processor time.</param>
public sealed record SandboxLimits(TimeSpan Timeout, long MemoryBytes, int MaxProcesses, int OutputBytes, double Cpus)
{
    /// <summary>Defaults of the policy file (product.md §3): 2 cpus, 4 GiB, 20 minutes.</summary>
    public static SandboxLimits Default { get; } = new(TimeSpan.FromMinutes(20), 4L << 30, 1024, 64 * 1024, 2);
}

/// <summary>What a sandboxed command did.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="ExitCode">Exit code; 128+signal when killed.</param>
/// <param name="StandardOutput">Kept output, with a line saying how many bytes were cut when they were.</param>
/// <param name="StandardError">Likewise.</param>
/// <param name="Duration">Wall time.</param>
public sealed record SandboxResult(SandboxOutcome Outcome, int ExitCode, string StandardOutput, string StandardError, TimeSpan Duration)
{
    /// <summary>Exited by itself with code 0.</summary>
    public bool Succeeded => Outcome == SandboxOutcome.Exited && ExitCode == 0;
}

/// <summary>How a sandboxed command ended.</summary>
public enum SandboxOutcome
{
    /// <summary>By itself.</summary>
    Exited,

    /// <summary>Killed at the time limit.</summary>
    TimedOut,

    /// <summary>Killed at the memory limit.</summary>
    OutOfMemory,
}

/// <summary>No sandbox can be made here (missing bubblewrap, no enforceable memory limit); nothing untrusted was run.</summary>
public sealed class SandboxUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
