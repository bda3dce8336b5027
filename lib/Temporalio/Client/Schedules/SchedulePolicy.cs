using Temporalio.Api.Enums.V1;

namespace Temporalio.Client.Schedules;

/// <summary>How a schedule meets overlaps, delays and failures.</summary>
public record SchedulePolicy
{
    /// <summary>What it does when the action before still runs.</summary>
    public ScheduleOverlapPolicy Overlap { get; init; } = ScheduleOverlapPolicy.Skip;

    /// <summary>How long after its time a missed action is still taken, when the server was away.</summary>
    public TimeSpan CatchupWindow { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Whether it pauses when an action fails or times out.</summary>
    public bool PauseOnFailure { get; init; }
}
