using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Storage;

/// <summary>What happened to tasks within a time. What is said of pull requests is of those of tasks; each counts in the week in which its task ended.</summary>
/// <param name="From">When the time began.</param>
public sealed record TaskFigures(DateTimeOffset From)
{
    /// <summary>Tasks with a pull request that ended, however.</summary>
    public int EndedPulls { get; init; }

    /// <summary>Those that were merged.</summary>
    public int MergedPulls { get; init; }

    /// <summary>What all tasks had cost that ended, those without a pull request too, in US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>What the merged ones had cost, in US dollars.</summary>
    public decimal MergedCostUsd { get; init; }

    /// <summary>Merged ones that were reverted within seven days.</summary>
    public int RevertedSoon { get; init; }

    /// <summary>Merged ones that were reverted within thirty days.</summary>
    public int RevertedLate { get; init; }

    /// <summary>Of the merged ones that are older than seven days: how many, and how many of them were reverted within seven days.</summary>
    public (int Merged, int Reverted) AfterSeven { get; init; }

    /// <summary>Likewise of thirty days.</summary>
    public (int Merged, int Reverted) AfterThirty { get; init; }

    /// <summary>Merged ones with less coverage than before.</summary>
    public int CoverageFell { get; init; }

    /// <summary>Runs of agents that went on from their journal after an attempt had died.</summary>
    public int ResumedRuns { get; init; }

    /// <summary>Changes that gates refused to let out, by gate.</summary>
    public IReadOnlyDictionary<string, int> Refused { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>How long tasks had waited for people when those waits were over, added up, by the state they waited in.</summary>
    public IReadOnlyDictionary<TaskState, TimeSpan> Waited { get; init; } = new Dictionary<TaskState, TimeSpan>();

    /// <summary>Seconds of each such wait.</summary>
    public Spread Waits { get; init; } = Spread.None;

    /// <summary>Seconds from the request until the pull request was ready for the first time, in the week in which it was.</summary>
    public Spread LeadTimes { get; init; } = Spread.None;

    /// <summary>Seconds from then until it was merged.</summary>
    public Spread ReviewTimes { get; init; } = Spread.None;

    /// <summary>Reviews that were answered on a merged one.</summary>
    public Spread Reviews { get; init; } = Spread.None;

    /// <summary>What a merged one had cost, in US dollars.</summary>
    public Spread Costs { get; init; } = Spread.None;

    /// <summary>By how many points of a percent coverage rose, of the merged ones where it was measured before and with the change.</summary>
    public Spread Coverage { get; init; } = Spread.None;

    /// <summary>How values lie, by nearest rank: of an even number of values the median is the lower of the two in the middle.</summary>
    /// <param name="Count">How many there are.</param>
    /// <param name="Median">Half of them are not larger.</param>
    /// <param name="P95">Nineteen of twenty are not larger.</param>
    public sealed record Spread(int Count, double Median, double P95)
    {
        /// <summary>Of no values.</summary>
        public static Spread None { get; } = new(0, 0, 0);
    }
}
