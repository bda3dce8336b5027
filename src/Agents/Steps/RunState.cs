using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Steps;

/// <summary>Where a run stands. It serialises, and it can be rebuilt from the journal at any time.</summary>
public sealed record RunState
{
    /// <summary>The conversation so far, instructions and input included.</summary>
    public required IReadOnlyList<ChatMessage> Items { get; init; }

    /// <summary>Calls of the unfinished turn; empty between turns.</summary>
    public IReadOnlyList<FunctionCallContent> Calls { get; init; } = [];

    /// <summary>What was used; its turns are the finished ones.</summary>
    public Consumption Used { get; init; } = Consumption.Zero;

    /// <summary>Hashes of the last actions with their results, newest last: what stuck detection looks at.</summary>
    public IReadOnlyList<string> Recent { get; init; } = [];

    /// <summary>Answers in a row that were lost, cut or unreadable.</summary>
    public int LostAnswers { get; init; }

    /// <summary>True once the model was told that it repeats itself.</summary>
    public bool Nudged { get; init; }

    /// <summary>Set when the run is over.</summary>
    public RunEnd? End { get; init; }
}

/// <summary>How a run ended for good.</summary>
[JsonDerivedType(typeof(Answered), "answered")]
[JsonDerivedType(typeof(Broken), "broken")]
public abstract record RunEnd
{
    /// <summary>The final answer, checked.</summary>
    public sealed record Answered(string Output) : RunEnd;

    /// <summary>It cannot go on.</summary>
    public sealed record Broken(AgentFailure Kind, string Reason) : RunEnd;
}
