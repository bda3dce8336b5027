using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The schedules of tasks, as Temporal has them.</summary>
public interface ITaskSchedules
{
    /// <summary>All of this service. One that was made a moment ago may be missing.</summary>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away: try again later.</exception>
    Task<IReadOnlyCollection<ScheduleKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Makes a schedule as the entry has it, or changes the one that is there; whether that is paused stays.</summary>
    /// <param name="key">Which.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away: try again later.</exception>
    /// <exception cref="ScheduleRefusedException">Temporal does not take it.</exception>
    Task<StandingSchedule> EnsureAsync(ScheduleKey key, PolicySchedule entry, CancellationToken cancellationToken);

    /// <summary>Takes a schedule away; one that is gone is fine. What it began goes on.</summary>
    /// <param name="key">Which.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="TaskGatewayUnavailableException">Temporal is away: try again later.</exception>
    Task DeleteAsync(ScheduleKey key, CancellationToken cancellationToken);
}

/// <summary>A schedule that stands.</summary>
/// <param name="Outcome">What had to be done for it.</param>
/// <param name="Next">When it comes due next; null where nobody knows.</param>
/// <param name="IsPaused">An operator paused it.</param>
public sealed record StandingSchedule(ScheduleOutcome Outcome, DateTimeOffset? Next, bool IsPaused);

/// <summary>What had to be done for a schedule to stand.</summary>
public enum ScheduleOutcome
{
    /// <summary>Nothing.</summary>
    Same,

    /// <summary>It was made.</summary>
    Made,

    /// <summary>It was changed.</summary>
    Changed,
}

/// <summary>Temporal does not take a schedule: not worth trying again before the entry or the server changes.</summary>
public sealed class ScheduleRefusedException(string message, Exception? inner = null) : Exception(message, inner);
