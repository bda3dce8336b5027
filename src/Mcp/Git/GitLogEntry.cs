namespace CodingAgent.Mcp.Git;

/// <summary>One commit of a history.</summary>
/// <param name="Sha">Commit id.</param>
/// <param name="Author">Author's name.</param>
/// <param name="Date">Author date.</param>
/// <param name="Subject">First line of the message.</param>
public sealed record GitLogEntry(string Sha, string Author, DateTimeOffset Date, string Subject);
