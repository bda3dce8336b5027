namespace TemporalServer.Engine;

/// <summary>What changed since the last commit, and those who wait for it to be on disk.</summary>
internal sealed class Batch
{
    private readonly TaskCompletionSource _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The runs changed, each with its new events.</summary>
    public Dictionary<Run, List<HistoryEvent>> Runs { get; } = [];

    /// <summary>Runs to remove.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>The schedules changed.</summary>
    public HashSet<ScheduleEntry> Schedules { get; } = [];

    /// <summary>Schedules to remove.</summary>
    public List<long> DeletedSchedules { get; } = [];

    /// <summary>True when there is nothing to write.</summary>
    public bool IsEmpty => Runs.Count == 0 && Deleted.Count == 0 && Schedules.Count == 0 && DeletedSchedules.Count == 0;

    /// <summary>Set when the loop that writes knows of it.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>Ends when everything is on disk.</summary>
    public Task Committed => _committed.Task;

    /// <summary>Notes a change.</summary>
    public void Add(Run run, IReadOnlyList<HistoryEvent> events)
    {
        if (!Runs.TryGetValue(run, out var all))
        {
            all = [];
            Runs[run] = all;
        }

        all.AddRange(events);
    }

    /// <summary>It is on disk.</summary>
    public void SetCommitted() => _committed.TrySetResult();

    /// <summary>It is not, and never will be.</summary>
    public void SetFailed(Exception e)
    {
        _committed.TrySetException(e);
        _ = _committed.Task.Exception;
    }
}
