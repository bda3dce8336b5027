namespace CodingAgent.Agents.Cohort;

/// <summary>A guidance file of the repository, read from its base branch.</summary>
/// <param name="Path">Path, such as <c>AGENTS.md</c>; it counts for the files below its folder.</param>
/// <param name="Text">Content.</param>
public sealed record GuidanceFile(string Path, string Text);
