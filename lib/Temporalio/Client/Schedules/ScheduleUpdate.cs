using Temporalio.Common;

namespace Temporalio.Client.Schedules;

/// <summary>A schedule's new form.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="TypedSearchAttributes">Search attributes; null leaves them, an empty collection removes all.</param>
public record ScheduleUpdate(Schedule Schedule, SearchAttributeCollection? TypedSearchAttributes = null);
