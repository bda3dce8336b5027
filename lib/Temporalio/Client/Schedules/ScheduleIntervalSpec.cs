namespace Temporalio.Client.Schedules;

/// <summary>Times a fixed interval apart, counted from 1970.</summary>
/// <param name="Every">The interval.</param>
/// <param name="Offset">Shift of all times.</param>
public record ScheduleIntervalSpec(TimeSpan Every, TimeSpan? Offset = null);
