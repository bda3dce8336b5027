namespace Temporalio.Client.Schedules;

/// <summary>Whether a listed schedule acts.</summary>
/// <param name="Note">Why it is as it is, for people.</param>
/// <param name="Paused">Whether it is paused.</param>
public record ScheduleListState(string? Note, bool Paused);
