using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Sessions;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Runs;

/// <summary>One call of the Runner over an agent run: a fresh one, the next segment, or a retry after a crash.</summary>
public sealed record AgentRun
{
    /// <summary>Id of the run, the journal's key; the same for all its segments and retries.</summary>
    public required string RunId { get; init; }

    /// <summary>Fence: grows with every execution over the run. <see cref="FenceOf"/> makes it from segment and activity attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>The agent.</summary>
    public required AgentDefinition Agent { get; init; }

    /// <summary>Task text; the agent's instructions are put before it. Must be the same in every call over the run.</summary>
    public required IReadOnlyList<ChatMessage> Input { get; init; }

    /// <summary>Tools offered. MCP annotations say which only read and which reach outside the workspace (see <c>ToolTraits</c>).</summary>
    public IReadOnlyList<AIFunction> Tools { get; init; } = [];

    /// <summary>Journal.</summary>
    public required IAgentJournal Journal { get; init; }

    /// <summary>Snapshots of the workspace; null for an agent without one, or whose tools only read.</summary>
    public IWorkspaceSnapshots? Snapshots { get; init; }

    /// <summary>Snapshot the run starts from; required with <see cref="Snapshots"/>, because an unfinished first turn goes back to it.</summary>
    public string? StartSnapshot { get; init; }

    /// <summary>Limits of the whole run.</summary>
    public AgentBudget Budget { get; init; } = AgentBudget.Default;

    /// <summary>Bounds of this call.</summary>
    public SegmentLimits Segment { get; init; } = SegmentLimits.Default;

    /// <summary>Prices for the cost budget.</summary>
    public ModelPrices Prices { get; init; } = ModelPrices.None;

    /// <summary>Longest time one tool call may take; tools have their own, shorter limits.</summary>
    public TimeSpan ToolTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Words of people on pending calls, all that were ever given for the run.</summary>
    public IReadOnlyList<ToolApproval> Approvals { get; init; } = [];

    /// <summary>Remarks of people given while the run goes on, all of them.</summary>
    public IReadOnlyList<SteeringNote> Steering { get; init; } = [];

    /// <summary>Handoffs out of the run that its caller did not admit, all of them.</summary>
    public IReadOnlyList<RefusedHandoff> RefusedHandoffs { get; init; } = [];

    /// <summary>
    /// Session that the run belongs to: it is told what other runs left there, and leaves there what it did when it ends. Null for a run that stands alone.
    /// </summary>
    public AgentSession? Session { get; init; }

    /// <summary>Conversation id in traces: the workflow id.</summary>
    public string? ConversationId { get; init; }

    /// <summary>
    /// Turn whose answer an earlier execution waited for when it died; null when none did. If the journal has no answer for it, one was
    /// paid and lost: what it may have cost is booked.
    /// </summary>
    public int? AskedTurn { get; init; }

    /// <summary>Called at every phase and every <see cref="ProgressEvery"/> in between (a pump, also during long model calls); must not throw.</summary>
    public Action<AgentProgress>? Progress { get; init; }

    /// <summary>Told what happens; null for nobody.</summary>
    public AgentHooks? Hooks { get; init; }

    /// <summary>Period of the pump.</summary>
    public TimeSpan ProgressEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Asked at each turn boundary; true ends this call with <see cref="AgentRunResult.Segment"/> (shutdown, stop, finish).</summary>
    public Func<bool>? ShouldYield { get; init; }

    /// <summary>The fence of an activity execution: segments and their attempts in one growing number.</summary>
    /// <param name="segment">Number of the segment within the run, from 0.</param>
    /// <param name="activityAttempt">Attempt of the activity, from 1; up to 9,999.</param>
    public static int FenceOf(int segment, int activityAttempt) => checked((segment * 10_000) + Math.Min(activityAttempt, 9_999));

    /// <summary>True where the same segment was tried before.</summary>
    /// <param name="fence">The fence.</param>
    internal static bool IsRetry(int fence) => fence % 10_000 > 1;
}

/// <summary>Bounds of one call of the Runner; it ends at the turn boundary after either is reached.</summary>
/// <param name="Turns">Turns finished in this call.</param>
/// <param name="Time">Time spent in this call.</param>
public sealed record SegmentLimits(int Turns, TimeSpan Time)
{
    /// <summary>Ten turns or ten minutes: short enough that a lost worker costs little, long enough that histories stay small.</summary>
    public static SegmentLimits Default { get; } = new(10, TimeSpan.FromMinutes(10));

    /// <summary>No bounds.</summary>
    public static SegmentLimits None { get; } = new(int.MaxValue, TimeSpan.MaxValue);
}

/// <summary>A cursor for heartbeats and live status: small, and never the truth (the journal is).</summary>
/// <param name="RunId">Run.</param>
/// <param name="Turn">Turn being worked on, from 1.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="Tools">Names of the turn's tools, once known.</param>
/// <param name="Used">Used so far.</param>
public sealed record AgentProgress(string RunId, int Turn, AgentPhase Phase, IReadOnlyList<string> Tools, Consumption Used)
{
    /// <summary>The agent whose turn it is.</summary>
    public string Agent { get; init; } = "";
}

/// <summary>What a run is doing.</summary>
public enum AgentPhase
{
    /// <summary>Waiting for the model.</summary>
    AskingModel,

    /// <summary>Running the tools of a turn.</summary>
    RunningTools,

    /// <summary>A turn has been journalled as finished.</summary>
    TurnFinished,
}
