using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Commands;

/// <summary>A parsed <c>/agent</c> command: a closed set.</summary>
[JsonDerivedType(typeof(Implement), "implement")]
[JsonDerivedType(typeof(Fix), "fix")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(Reject), "reject")]
[JsonDerivedType(typeof(Status), "status")]
[JsonDerivedType(typeof(Stop), "stop")]
[JsonDerivedType(typeof(Help), "help")]
public abstract record AgentCommand
{
    /// <summary><c>/agent implement</c>, or the label.</summary>
    public sealed record Implement : AgentCommand;

    /// <summary><c>/agent fix</c>.</summary>
    public sealed record Fix : AgentCommand;

    /// <summary><c>/agent approve [hash]</c>.</summary>
    public sealed record Approve(string? PlanHash) : AgentCommand;

    /// <summary><c>/agent reject why…</c>.</summary>
    public sealed record Reject(string Why) : AgentCommand;

    /// <summary><c>/agent status</c>.</summary>
    public sealed record Status : AgentCommand;

    /// <summary><c>/agent stop</c>.</summary>
    public sealed record Stop : AgentCommand;

    /// <summary><c>/agent help</c>.</summary>
    public sealed record Help : AgentCommand;
}
