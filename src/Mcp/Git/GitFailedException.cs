namespace CodingAgent.Mcp.Git;

/// <summary>A local git command failed: full disk, damaged mirror, missing object. The message ends with what git said.</summary>
public sealed class GitFailedException(string message, Exception? inner = null) : Exception(message, inner);
