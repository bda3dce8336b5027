namespace CodingAgent.Workflows.Commands;

/// <summary>What a comment asks of the agent: a closed set.</summary>
public abstract record ParsedCommand
{
    /// <summary>The comment has no <c>/agent</c> line of ordinary text.</summary>
    public sealed record None : ParsedCommand;

    /// <summary>A command that can be carried out.</summary>
    /// <param name="Command">The command.</param>
    public sealed record Understood(AgentCommand Command) : ParsedCommand;

    /// <summary>A <c>/agent</c> line with a verb nobody knows.</summary>
    /// <param name="Word">The verb as written, reduced to letters, digits, '-' and '_' (safe to repeat in a reply).</param>
    /// <param name="Nearest">The known verb that looks most like it; null when none comes close.</param>
    public sealed record Unknown(string Word, string? Nearest) : ParsedCommand;

    /// <summary>A known verb with arguments it cannot have.</summary>
    /// <param name="Verb">The verb.</param>
    /// <param name="Usage">One line on how it is written.</param>
    public sealed record Misused(string Verb, string Usage) : ParsedCommand;
}
