using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;

namespace CodingAgent.Storage;

/// <summary>Which tasks are counted over which weeks.</summary>
/// <param name="Now">The time: the last week is the one it lies in.</param>
/// <param name="Weeks">How many weeks, the last with them.</param>
public sealed record StatisticsQuery(DateTimeOffset Now, int Weeks)
{
    /// <summary>Those that worked in this repository, whatever it was called then; null for any.</summary>
    public RepoRef? Repo { get; init; }

    /// <summary>Those of this job; null for any.</summary>
    public TaskKind? Kind { get; init; }
}
