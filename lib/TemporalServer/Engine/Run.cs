using TemporalServer.Machine;

namespace TemporalServer.Engine;

/// <summary>A run in memory: its machine, its history as far as it was needed, and those who wait on it.</summary>
internal sealed class Run(long seq, WorkflowMachine machine)
{
    /// <summary>Its place in the order of starts.</summary>
    public long Seq { get; } = seq;

    /// <summary>Its state machine.</summary>
    public WorkflowMachine Machine { get; } = machine;

    /// <summary>Its state.</summary>
    public ExecutionState State => Machine.State;

    /// <summary>Its whole history, with events that may not be on disk yet; null until it is needed.</summary>
    public List<HistoryEvent>? Events { get; set; }

    /// <summary>When it was entered into the order of deadlines; null when it is not in there.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>Set while it is ended to put another run in its place.</summary>
    public bool IsBeingReset { get; set; }

    /// <summary>Whether a worker has something to do for it, as last noted; kept only where time is skipped.</summary>
    public bool HasWork { get; set; }

    /// <summary>Queries that wait to go with a workflow task, or went with the started one.</summary>
    public List<PendingQuery> Queries { get; } = [];

    /// <summary>Ends, and is replaced, whenever events were added or an update moved on.</summary>
    public TaskCompletionSource Changed { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Outcomes of updates that left no trace in the history (rejections), for those who wait.</summary>
    public Dictionary<string, Temporalio.Api.Update.V1.Outcome> Rejections { get; } = new(StringComparer.Ordinal);
}
