namespace CodingAgent.Workflows.Gates;

/// <summary>One line a change adds.</summary>
/// <param name="Path">File.</param>
/// <param name="Line">Line number in the new version, from 1.</param>
/// <param name="Text">The line without its end.</param>
public sealed record AddedLine(string Path, int Line, string Text);
