using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Steps;

/// <summary>Where a run stands. It serialises, and it can be rebuilt from the journal at any time.</summary>
public sealed record RunState
{
    /// <summary>Name of the agent whose turn it is.</summary>
    public required string Agent { get; init; }

    /// <summary>Its conversation so far, instructions and input included.</summary>
    public required IReadOnlyList<ChatMessage> Items { get; init; }

    /// <summary>Agents that handed over inside the run and wait for an answer, the last one last.</summary>
    public IReadOnlyList<WaitingAgent> Waiting { get; init; } = [];

    /// <summary>Finished turns of the run when the agent took over.</summary>
    public int Since { get; init; }

    /// <summary>Version of the prompt that the last answer was asked with; empty before the first.</summary>
    public string Prompt { get; init; } = "";

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

/// <summary>An agent that waits for the answer of the one it handed over to.</summary>
/// <param name="Agent">Its name.</param>
/// <param name="Items">Its conversation; the last message holds the calls.</param>
/// <param name="Calls">Calls of the turn in which it handed over.</param>
/// <param name="HandoffCall">Id of the one that did.</param>
/// <param name="At">Finished turns of the run after that turn.</param>
/// <param name="Since">As in the state.</param>
/// <param name="Recent">As in the state.</param>
/// <param name="Nudged">As in the state.</param>
public sealed record WaitingAgent(
    string Agent, IReadOnlyList<ChatMessage> Items, IReadOnlyList<FunctionCallContent> Calls, string HandoffCall, int At, int Since, IReadOnlyList<string> Recent, bool Nudged);

/// <summary>How a run ended for good.</summary>
[JsonDerivedType(typeof(Answered), "answered")]
[JsonDerivedType(typeof(Broken), "broken")]
[JsonDerivedType(typeof(Tripped), "tripped")]
public abstract record RunEnd
{
    /// <summary>The final answer, checked.</summary>
    public sealed record Answered(string Output) : RunEnd;

    /// <summary>It cannot go on.</summary>
    public sealed record Broken(AgentFailure Kind, string Reason) : RunEnd;

    /// <summary>A guardrail on the final answer ended it.</summary>
    public sealed record Tripped(string Guardrail, string Reason) : RunEnd;
}
