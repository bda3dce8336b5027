namespace Temporalio.Client.Schedules;

/// <summary>A schedule's present form, to be changed.</summary>
/// <param name="Description">The description.</param>
public record ScheduleUpdateInput(ScheduleDescription Description);
