using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Runs one untrusted command over a workspace, without credentials, a view of the host, or a network beyond <see cref="SandboxCommand.Egress"/>.</summary>
public interface ISandbox
{
    /// <summary>Runs a command to its end or its limits. Limits are results, not exceptions.</summary>
    /// <exception cref="SandboxUnavailableException">The sandbox itself cannot run on this machine; the message says what to install or set.</exception>
    Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken);
}

/// <summary>One command to run.</summary>
/// <param name="Argv">Program and arguments; <see cref="Shell"/> makes them of a shell line.</param>
/// <param name="WorkspacePath">Host folder bound as the workspace: with <see cref="HomePath"/> the only host state the command can write.</param>
/// <param name="Limits">Time, memory, processes, output.</param>
public sealed record SandboxCommand(IReadOnlyList<string> Argv, string WorkspacePath, SandboxLimits Limits)
{
    /// <summary>Folder to start in, relative to the workspace.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>The whole environment, beside the few values the sandbox itself sets (PATH, HOME, TMPDIR, LANG, toolchains').</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Text on standard input; null closes it.</summary>
    public string? StandardInput { get; init; }

    /// <summary>
    /// Streams joined with standard input and output while the command runs, in place of <see cref="StandardInput"/> and the result's output:
    /// for a program that is talked with. Null for none; containers have none.
    /// </summary>
    public ChildPipes? Pipes { get; init; }

    /// <summary>Binds the workspace read-only.</summary>
    public bool ReadOnlyWorkspace { get; init; }

    /// <summary>Host folder shown at HOME copy-on-write: what the command writes there vanishes with it. Null for an empty private HOME.</summary>
    public string? HomeLayer { get; init; }

    /// <summary>Host folder bound read-write at HOME, for set-up, which fills it. Excludes <see cref="HomeLayer"/>.</summary>
    public string? HomePath { get; init; }

    /// <summary>The one way out of the command's network namespace; null for no network at all.</summary>
    public SandboxEgress? Egress { get; init; }

    /// <summary>More of the host's files and folders, shown read-only; each must exist.</summary>
    public IReadOnlyList<SandboxBind> Binds { get; init; } = [];

    /// <summary>
    /// Program and first arguments that lead into the namespaces where the command's host paths are to be seen, such as
    /// <c>nsenter -t 42 -U -m --preserve-credentials --</c>; the rest of a command line follows them. Empty for this process's own namespaces.
    /// </summary>
    public IReadOnlyList<string> Enter { get; init; } = [];

    /// <summary>
    /// Host folder with what of the workspace's files is its own, as this process sees it: the upper layer of one on layers. What it may hold is
    /// bounded. Null for <see cref="WorkspacePath"/> itself.
    /// </summary>
    public string? OwnPath { get; init; }

    /// <summary>A shell line, for bash where there is one: repositories' lines are written for it, and read by <c>sh</c> elsewhere.</summary>
    /// <param name="line">The line.</param>
    /// <param name="workspacePath">As <see cref="WorkspacePath"/>.</param>
    /// <param name="limits">As <see cref="Limits"/>.</param>
    public static SandboxCommand Shell(string line, string workspacePath, SandboxLimits limits) =>
        new([File.Exists("/bin/bash") ? "/bin/bash" : "/bin/sh", "-c", line], workspacePath, limits);
}

/// <summary>A command's only way out: the socket of a filtering proxy, to which the command's proxy variables lead.</summary>
/// <param name="SocketPath">Host path of the proxy's unix socket.</param>
/// <param name="CertificateBundle">Host path of the certificate authorities (PEM) the command is to trust; null for the image's or host's own.</param>
public sealed record SandboxEgress(string SocketPath, string? CertificateBundle);

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
public class SandboxUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The image or dev container that a repository names cannot be used here as it is: asking again changes nothing before somebody mends it.</summary>
public sealed class UnusableImageException(string message, Exception? inner = null) : SandboxUnavailableException(message, inner);
