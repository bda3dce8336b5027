namespace CodingAgent.Mcp.Git;

/// <summary>The remote could not be reached or failed by itself; trying again later may work.</summary>
public sealed class GitUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
