using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Commands;

/// <summary>A parsed <c>/agent</c> command: a closed set.</summary>
[JsonDerivedType(typeof(Implement), "implement")]
[JsonDerivedType(typeof(Fix), "fix")]
[JsonDerivedType(typeof(Begin), "begin")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(Reject), "reject")]
[JsonDerivedType(typeof(Status), "status")]
[JsonDerivedType(typeof(Stop), "stop")]
[JsonDerivedType(typeof(Retry), "retry")]
[JsonDerivedType(typeof(Help), "help")]
public abstract record AgentCommand
{
    /// <summary>What else the comment says to it: the rest of its line, what stands below it up to the next command, and above the first. Null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Words { get; init; }

    /// <summary><c>/agent implement</c>, or the label.</summary>
    public sealed record Implement : AgentCommand;

    /// <summary><c>/agent fix</c>.</summary>
    public sealed record Fix : AgentCommand;

    /// <summary>Any other job: <c>/agent VERB</c>, or its label.</summary>
    /// <param name="Verb">Verb of the job.</param>
    public sealed record Begin(string Verb) : AgentCommand;

    /// <summary><c>/agent approve [hash]</c>.</summary>
    public sealed record Approve(string? PlanHash) : AgentCommand;

    /// <summary><c>/agent reject why…</c>; the reason is all there is to say.</summary>
    public sealed record Reject(string Why) : AgentCommand;

    /// <summary><c>/agent status</c>.</summary>
    public sealed record Status : AgentCommand;

    /// <summary><c>/agent stop</c>.</summary>
    public sealed record Stop : AgentCommand;

    /// <summary><c>/agent retry</c>.</summary>
    public sealed record Retry : AgentCommand;

    /// <summary><c>/agent help</c>.</summary>
    public sealed record Help : AgentCommand;
}

/// <summary>What one <c>/agent</c> line of a comment asks: a closed set.</summary>
public abstract record ParsedCommand
{
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
