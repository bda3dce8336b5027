namespace CodingAgent.Mcp.Git;

/// <summary>What a git command did.</summary>
internal sealed record GitCallResult(int ExitCode, byte[] Output, string Error);
