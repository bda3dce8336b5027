using CodingAgent.Agents;

namespace CodingAgent.Workflows.Activities;

/// <summary>Result of a segment.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Used">Used by the run so far; null when the segment could not tell.</param>
/// <param name="Snapshot">Workspace snapshot the run stands at.</param>
/// <param name="Output">The agent's answer as JSON.</param>
/// <param name="Reason">Why it ended so, for people.</param>
/// <param name="RetryAfter">How long the endpoint asked us to wait.</param>
/// <param name="ErrorType">What has to be mended before it is worth asking again (<see cref="ErrorTypes"/>); null when it is the task itself.</param>
public sealed record AgentStepResult(
    AgentStepOutcome Outcome, Consumption? Used, string? Snapshot, string? Output = null, string Reason = "", TimeSpan? RetryAfter = null,
    string? ErrorType = null);
