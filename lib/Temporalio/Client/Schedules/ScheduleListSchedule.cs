namespace Temporalio.Client.Schedules;

/// <summary>A listed schedule.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Spec">When it is done.</param>
/// <param name="State">Whether it acts.</param>
public record ScheduleListSchedule(ScheduleListAction Action, ScheduleSpec Spec, ScheduleListState State);
