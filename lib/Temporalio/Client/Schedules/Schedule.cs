namespace Temporalio.Client.Schedules;

/// <summary>What is done when.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Spec">When it is done.</param>
public record Schedule(ScheduleAction Action, ScheduleSpec Spec)
{
    /// <summary>How overlaps, delays and failures are met.</summary>
    public SchedulePolicy Policy { get; init; } = new();

    /// <summary>Whether it acts.</summary>
    public ScheduleState State { get; init; } = new();
}
