namespace CodingAgent.Mcp.Sandboxes;

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
