namespace CodingAgent.Mcp.Git;

/// <summary>Author and committer of a commit.</summary>
/// <param name="Name">Name; angle brackets and line breaks are dropped.</param>
/// <param name="Email">Address, likewise.</param>
public sealed record GitIdentity(string Name, string Email);
