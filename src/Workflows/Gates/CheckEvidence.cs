namespace CodingAgent.Workflows.Gates;

/// <summary>What one check command did on a clean workspace of a tree.</summary>
/// <param name="Name">Check name.</param>
/// <param name="Command">Command line, as the base branch gives it.</param>
/// <param name="ExitCode">Exit code; meaningless when <paramref name="Ending"/> is not <c>exited</c>.</param>
/// <param name="Ending">How it ended: <c>exited</c>, <c>timed out</c> or <c>out of memory</c>.</param>
/// <param name="Duration">Wall time.</param>
/// <param name="OutputTail">End of its output: untrusted text, bounded.</param>
public sealed record CheckEvidence(string Name, string Command, int ExitCode, string Ending, TimeSpan Duration, string OutputTail)
{
    /// <summary>True when it ran to its end with exit code 0.</summary>
    public bool Passed => Ending == "exited" && ExitCode == 0;
}
