using System.Text.Json.Serialization;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tasks;

/// <summary>The agent run in progress, and what all runs used of what they may.</summary>
public sealed record BudgetState
{
    /// <summary>Agent run in progress; null between runs.</summary>
    [JsonInclude]
    public AgentRunState? Run { get; private set; }

    /// <summary>Number of the last agent run.</summary>
    [JsonInclude]
    public int RunNumber { get; private set; }

    /// <summary>Used by finished agent runs.</summary>
    [JsonInclude]
    public Consumption Used { get; private set; } = Consumption.Zero;

    /// <summary>What was used when a person last granted a fresh allowance.</summary>
    [JsonInclude]
    public Consumption Granted { get; private set; } = Consumption.Zero;

    /// <summary>Bytes that snapshots stored since a person last granted a fresh allowance.</summary>
    [JsonInclude]
    public long SnapshotBytes { get; private set; }

    /// <summary>The fallback model did part of the work.</summary>
    [JsonInclude]
    public bool FellBack { get; private set; }

    /// <summary>How often a run went on from its journal after the attempt before had died.</summary>
    [JsonInclude]
    public int ResumedRuns { get; private set; }

    /// <summary>A run went on after an attempt had died.</summary>
    public void Resume() => ResumedRuns++;

    /// <summary>A segment of the run ended; what it used counts, however it ended.</summary>
    /// <param name="used">Used by the run so far; null when the segment could not tell.</param>
    /// <param name="byFallback">The fallback model answered in it.</param>
    public void Segment(Consumption? used, bool byFallback)
    {
        if (Run is not { } run)
            return;
        FellBack |= byFallback && used is not null && used.Turns > run.Used.Turns;
        run.Segment++;
        run.Used = used ?? run.Used;
    }

    /// <summary>Everything used so far, the run in progress included.</summary>
    public Consumption Total() => Used + (Run?.Used ?? Consumption.Zero);

    /// <summary>What the run in progress may use.</summary>
    public AgentBudget Left(RepositoryPolicy.TaskLimits limits)
    {
        var (used, granted) = (Used.Usage, Granted.Usage);
        var usage = new Usage(
            used.Requests - granted.Requests, used.InputTokens - granted.InputTokens, used.OutputTokens - granted.OutputTokens,
            used.CachedTokens - granted.CachedTokens, used.ReasoningTokens - granted.ReasoningTokens);
        var earlier = new Consumption(0, usage, Used.CostUsd - Granted.CostUsd, Used.Active - Granted.Active);
        return new AgentBudget(limits.Turns, limits.Tokens, limits.CostUsd, limits.Active).Minus(earlier);
    }

    /// <summary>A run begins.</summary>
    public AgentRunState Start(string runKey, AgentRole role, string? snapshot, IReadOnlyList<PersonText> told) =>
        Run = new AgentRunState($"{runKey}-{++RunNumber}-{role.ToString().ToLowerInvariant()}", role, snapshot, told);

    /// <summary>Books what the run used and forgets it.</summary>
    public void Finish()
    {
        Used = Total();
        Run = null;
    }

    /// <summary>Books work that is no agent's.</summary>
    public void Add(TimeSpan active) => Used += new Consumption(0, Usage.Zero, 0, active);

    /// <summary>A person asked for more: the budget begins anew, totals go on.</summary>
    public void Grant()
    {
        Granted = Used;
        SnapshotBytes = 0;
    }

    /// <summary>Books what the snapshots of a segment stored.</summary>
    public void Store(long snapshotBytes) => SnapshotBytes += snapshotBytes;
}

/// <summary>An agent run in progress. What the agent was told at its start is frozen, because every segment must begin with the same text.</summary>
/// <param name="RunId">Journal key.</param>
/// <param name="Role">Role.</param>
/// <param name="StartSnapshot">Snapshot it starts from; null means the base commit.</param>
/// <param name="Told">Remarks of people known at its start.</param>
public sealed record AgentRunState(string RunId, AgentRole Role, string? StartSnapshot, IReadOnlyList<PersonText> Told)
{
    /// <summary>Number of the segment, from 0; rises with every execution.</summary>
    public int Segment { get; set; }

    /// <summary>Remarks that came while it runs.</summary>
    public List<SteeringNote> Notes { get; init; } = [];

    /// <summary>Handoffs that it asked for and that were not admitted.</summary>
    public List<RefusedHandoff> RefusedHandoffs { get; init; } = [];

    /// <summary>Used by this run so far.</summary>
    public Consumption Used { get; set; } = Consumption.Zero;

    /// <summary>How often in a row the model was away.</summary>
    public int Away { get; set; }

    /// <summary>Since when it gives no answer that can be used; null while it does.</summary>
    public DateTimeOffset? FailingSince { get; set; }

    /// <summary>How often in a row it was asked again while waiting for somebody to mend something.</summary>
    public int Parked { get; set; }

    /// <summary>The fallback model is asked, where there is one.</summary>
    public bool UseFallback { get; set; }

    /// <summary>Calls that wait for a person's word; the run goes on when each has one.</summary>
    public List<AskedCall> Asked { get; init; } = [];

    /// <summary>When people were asked about them, by the forge's clock; null before that.</summary>
    public DateTimeOffset? AskedAt { get; set; }

    /// <summary>All words that were given on calls of the run.</summary>
    public List<CallWord> Words { get; init; } = [];

    /// <summary>Calls that wait and have no word yet.</summary>
    [JsonIgnore]
    public IReadOnlyList<AskedCall> Open => [.. Asked.Where(a => Words.All(w => w.Digest != a.Digest))];

    /// <summary>The calls that have no word yet are not to run.</summary>
    public void Reject(IReadOnlyList<AskedCall> calls, string reason) => Words.AddRange(calls.Select(c => new CallWord(c.Digest, false, "", reason)));

    /// <summary>Each call has its word.</summary>
    public void Settled()
    {
        Asked.Clear();
        AskedAt = null;
    }

    /// <summary>The model answers.</summary>
    public void Answered()
    {
        Away = 0;
        Parked = 0;
        FailingSince = null;
    }
}

/// <summary>Roles of the cohort.</summary>
public enum AgentRole
{
    /// <summary>Reads and plans.</summary>
    Planner,

    /// <summary>Carries out the plan.</summary>
    Coder,

    /// <summary>Reads the change.</summary>
    Critic,

    /// <summary>Mends what is red and answers reviews.</summary>
    Fixer,
}
