using CodingAgent.Agents.Models;

namespace CodingAgent.Agents.Steps;

/// <summary>Where a run stands. It serialises, and it can be rebuilt from the journal at any time.</summary>
public sealed record RunState
{
    /// <summary>The conversation so far, instructions and input included.</summary>
    public required IReadOnlyList<ModelItem> Items { get; init; }

    /// <summary>Calls of the unfinished turn; empty between turns.</summary>
    public IReadOnlyList<ToolCall> Calls { get; init; } = [];

    /// <summary>What was used; its turns are the finished ones.</summary>
    public Consumption Used { get; init; } = Consumption.Zero;

    /// <summary>Hashes of the last actions with their results, newest last: what stuck detection looks at.</summary>
    public IReadOnlyList<string> Recent { get; init; } = [];

    /// <summary>True once the model was told that it repeats itself.</summary>
    public bool Nudged { get; init; }

    /// <summary>Set when the run is over.</summary>
    public RunEnd? End { get; init; }
}
