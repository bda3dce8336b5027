using System.Text.Json.Serialization;

namespace CodingAgent.Agents.Steps;

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
