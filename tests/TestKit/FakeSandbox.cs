using System.Collections.Concurrent;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.TestKit;

/// <summary>A sandbox that runs nothing: a test says what each command does to the workspace and how it ends.</summary>
public sealed class FakeSandbox(Func<SandboxCommand, (int ExitCode, string Output)> run) : ISandbox
{
    /// <summary>Commands asked for.</summary>
    public ConcurrentQueue<SandboxCommand> Commands { get; } = [];

    public Task<SandboxResult> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        Commands.Enqueue(command);
        var (exitCode, output) = run(command);
        return Task.FromResult(new SandboxResult(SandboxOutcome.Exited, exitCode, output, "", TimeSpan.FromSeconds(1)));
    }
}
