namespace Temporalio.Client.Schedules;

/// <summary>What a schedule has done and will do. Times are UTC.</summary>
/// <param name="NumActions">Actions taken.</param>
/// <param name="NumActionsMissedCatchupWindow">Actions left out because their catch-up window had passed.</param>
/// <param name="NumActionsSkippedOverlap">Actions left out because another was running.</param>
/// <param name="RunningActions">What runs now.</param>
/// <param name="RecentActions">Last actions, oldest first.</param>
/// <param name="NextActionTimes">Next times.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="LastUpdatedAt">When it was last changed.</param>
public record ScheduleInfo(
    long NumActions,
    long NumActionsMissedCatchupWindow,
    long NumActionsSkippedOverlap,
    IReadOnlyCollection<ScheduleActionExecution> RunningActions,
    IReadOnlyCollection<ScheduleActionResult> RecentActions,
    IReadOnlyCollection<DateTime> NextActionTimes,
    DateTime CreatedAt,
    DateTime? LastUpdatedAt);
