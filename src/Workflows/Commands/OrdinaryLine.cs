namespace CodingAgent.Workflows.Commands;

/// <summary>One line of a comment that is the writer's ordinary text.</summary>
/// <param name="Text">The line as a reader sees it, without indentation.</param>
/// <param name="StartsPlain">False when it begins inside emphasis, a link, code or the like: no command starts there.</param>
internal sealed record OrdinaryLine(string Text, bool StartsPlain);
