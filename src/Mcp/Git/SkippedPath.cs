namespace CodingAgent.Mcp.Git;

/// <summary>A path that a snapshot left out.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Reason">Why, in words fit for the model and for people.</param>
public sealed record SkippedPath(string Path, string Reason);
