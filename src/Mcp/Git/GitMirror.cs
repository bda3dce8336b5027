namespace CodingAgent.Mcp.Git;

/// <summary>A bare mirror of one repository on this machine: a cache, rebuilt when lost.</summary>
/// <param name="RepoKey">Key the mirror is kept under.</param>
/// <param name="GitDirectory">Its folder.</param>
public sealed record GitMirror(string RepoKey, string GitDirectory);
