namespace CodingAgent.Mcp.Processes;

/// <summary>How a child process ended.</summary>
internal sealed record ChildExit(int ExitCode, bool TimedOut, TimeSpan Duration);
