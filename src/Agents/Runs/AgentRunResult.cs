using System.Text.Json.Serialization;
using CodingAgent.Agents.Guardrails;

namespace CodingAgent.Agents.Runs;

/// <summary>How one call of the Runner ended: a closed set that serialises, so that an activity can return it.</summary>
/// <param name="Used">What the run used so far, over all attempts and segments.</param>
/// <param name="Snapshot">Workspace snapshot the run stands at; null when it has no workspace.</param>
[JsonDerivedType(typeof(Completed), "completed")]
[JsonDerivedType(typeof(Segment), "segment")]
[JsonDerivedType(typeof(NeedsApproval), "needs-approval")]
[JsonDerivedType(typeof(HandedOff), "handed-off")]
[JsonDerivedType(typeof(Tripped), "tripped")]
[JsonDerivedType(typeof(BudgetExhausted), "budget-exhausted")]
[JsonDerivedType(typeof(ModelAway), "model-away")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record AgentRunResult(Consumption Used, string? Snapshot)
{
    /// <summary>Steps that the agent finished so far, over all attempts and segments.</summary>
    public IReadOnlyList<FinishedStep> Steps { get; init; } = [];

    /// <summary>True when this call went on from the journal after the attempt before had died.</summary>
    public bool WasResumed { get; init; }

    /// <summary>The agent gave its final answer, checked against its contract; text when it has none.</summary>
    public sealed record Completed(string OutputJson, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>The segment's bound was reached at a turn boundary: call again with the same run id.</summary>
    public sealed record Segment(Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>
    /// A turn asks for tools that need a person's word; none of the turn's tools ran. The state is in the journal: call again with
    /// the same run id and a <see cref="ToolApproval"/> for every pending call.
    /// </summary>
    public sealed record NeedsApproval(IReadOnlyList<PendingApproval> Pending, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>
    /// The agent hands over to one outside the run; none of the turn's other tools ran. Admitted, the run is over. Refused, call again with the same run id
    /// and a <see cref="RefusedHandoff"/> for the turn.
    /// </summary>
    public sealed record HandedOff(string Target, string ArgumentsJson, int Turn, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>A guardrail ended the run; the reason is one clear line for people.</summary>
    public sealed record Tripped(string Guardrail, GuardrailStage Stage, string Reason, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>A limit was reached at a turn boundary. With a larger budget the same run id goes on where it stopped.</summary>
    public sealed record BudgetExhausted(BudgetKind Which, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>
    /// The model gave no answer that can be used: call again later with the same run id; nothing is lost, and what was paid is in what
    /// was used.
    /// </summary>
    public sealed record ModelAway(string Reason, TimeSpan? RetryAfter, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>The run cannot go on; the reason is one clear line for people.</summary>
    public sealed record Failed(AgentFailure Kind, string Reason, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);
}
