namespace TemporalServer.Storage;

/// <summary>What one transaction writes.</summary>
internal sealed record ChangeSet(
    IReadOnlyList<RunWrite> Runs, IReadOnlyList<string> DeletedRuns, IReadOnlyList<ScheduleWrite> Schedules, IReadOnlyList<long> DeletedSchedules);
