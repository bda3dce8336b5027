namespace Temporalio.Client.Schedules;

/// <summary>What a listed schedule has done and will do. Times are UTC.</summary>
/// <param name="RecentActions">Last actions, oldest first.</param>
/// <param name="NextActionTimes">Next times.</param>
public record ScheduleListInfo(IReadOnlyCollection<ScheduleActionResult> RecentActions, IReadOnlyCollection<DateTime> NextActionTimes);
