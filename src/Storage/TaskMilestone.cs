using CodingAgent.Workflows.Flows;

namespace CodingAgent.Storage;

/// <summary>Something that happened once in the life of a task, for metrics.</summary>
/// <param name="Sequence">Place in the order in which they were written, from 1.</param>
/// <param name="What">What.</param>
/// <param name="Detail">The state it ended in or waited in, or the gate that refused.</param>
/// <param name="Kind">Kind of work.</param>
/// <param name="Duration">Since it was asked for; of a wait, how long that was.</param>
/// <param name="HasPull">Whether it has a pull request.</param>
/// <param name="Reviews">Reviews it has answered.</param>
/// <param name="CostUsd">What it has cost, in US dollars, by the configured prices.</param>
public sealed record TaskMilestone(long Sequence, TaskMilestoneKind What, string Detail, TaskKind Kind, TimeSpan Duration, bool HasPull, int Reviews, decimal CostUsd);

/// <summary>What can happen once.</summary>
public enum TaskMilestoneKind
{
    /// <summary>Its pull request is no draft any more, for the first time.</summary>
    Ready,

    /// <summary>A wait for people is over.</summary>
    Waited,

    /// <summary>A gate refused to let a change out.</summary>
    Refused,

    /// <summary>An agent's run went on from its journal after the attempt before had died.</summary>
    Resumed,

    /// <summary>It is over.</summary>
    Ended,
}
