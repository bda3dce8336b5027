namespace CodingAgent.Agents.Cohort;

/// <summary>A check that is red, in our sandbox or in CI.</summary>
/// <param name="Name">Name of the check or check run.</param>
/// <param name="Outcome">How it ended, such as <c>exit code 1</c>, <c>timed out</c> or a forge's conclusion.</param>
/// <param name="Output">What it printed, as far as it is known; outside text.</param>
public sealed record FailedCheck(string Name, string Outcome, string Output)
{
    /// <summary>Shell line it ran, when known.</summary>
    public string? Command { get; init; }
}
