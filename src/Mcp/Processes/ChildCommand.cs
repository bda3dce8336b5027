namespace CodingAgent.Mcp.Processes;

/// <summary>One child process to run: an argument array, never a shell line, and its whole environment.</summary>
/// <param name="Program">Program, found on the host's PATH.</param>
/// <param name="Arguments">Arguments.</param>
/// <param name="Environment">The whole environment; nothing is inherited.</param>
/// <param name="Timeout">Wall time, after which the process tree is killed.</param>
internal sealed record ChildCommand(
    string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, TimeSpan Timeout)
{
    public string WorkingDirectory { get; init; } = "/";

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Kills the tree when cancelled; the run then ends like any other, with the exit code of a kill.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Called with the process id once it runs.</summary>
    public Action<int>? Started { get; init; }
}
