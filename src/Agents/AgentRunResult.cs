using System.Text.Json.Serialization;

namespace CodingAgent.Agents;

/// <summary>How one call of the Runner ended: a closed set that serialises, so that an activity can return it.</summary>
/// <param name="Used">What the run used so far, over all attempts and segments.</param>
/// <param name="Snapshot">Workspace snapshot the run stands at; null when it has no workspace.</param>
[JsonDerivedType(typeof(Completed), "completed")]
[JsonDerivedType(typeof(Segment), "segment")]
[JsonDerivedType(typeof(NeedsApproval), "needs-approval")]
[JsonDerivedType(typeof(BudgetExhausted), "budget-exhausted")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record AgentRunResult(Consumption Used, string? Snapshot)
{
    /// <summary>The agent gave its final answer, checked against its contract; text when it has none.</summary>
    public sealed record Completed(string OutputJson, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>The segment's bound was reached at a turn boundary: call again with the same run id.</summary>
    public sealed record Segment(Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>
    /// A turn asks for tools that need a person's word; none of the turn's tools ran. The state is in the journal: call again with
    /// the same run id and a <see cref="ToolApproval"/> for every pending call.
    /// </summary>
    public sealed record NeedsApproval(IReadOnlyList<PendingApproval> Pending, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>A limit was reached at a turn boundary. With a larger budget the same run id goes on where it stopped.</summary>
    public sealed record BudgetExhausted(BudgetKind Which, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);

    /// <summary>The run cannot go on; the reason is one clear line for people.</summary>
    public sealed record Failed(AgentFailure Kind, string Reason, Consumption Used, string? Snapshot) : AgentRunResult(Used, Snapshot);
}

/// <summary>Why a run failed for good.</summary>
public enum AgentFailure
{
    /// <summary>The endpoint refused the request: context length, a parameter, content.</summary>
    ModelRejected,

    /// <summary>The model refused to do the task.</summary>
    Refusal,

    /// <summary>The model repeated the same action with the same result and did not stop when told.</summary>
    Stuck,

    /// <summary>The endpoint does not take the key, or does not know the model or the address: the operator's settings.</summary>
    ModelSettings,

    /// <summary>The account at the endpoint has no credit left, or its spending limit is reached; with credit the same run goes on.</summary>
    ModelCredit,
}

/// <summary>A tool call that waits for a person.</summary>
/// <param name="CallId">Id of the call.</param>
/// <param name="Tool">Tool.</param>
/// <param name="Arguments">Arguments as the model wrote them: model output, shown and never trusted.</param>
public sealed record PendingApproval(string CallId, string Tool, string Arguments);
