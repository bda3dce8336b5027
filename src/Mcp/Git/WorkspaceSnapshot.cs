namespace CodingAgent.Mcp.Git;

/// <summary>A workspace's content as a git tree.</summary>
/// <param name="TreeId">Id of the tree.</param>
/// <param name="Skipped">What a tree cannot or must not hold, with reasons; never dropped silently.</param>
public sealed record WorkspaceSnapshot(string TreeId, IReadOnlyList<SkippedPath> Skipped);
