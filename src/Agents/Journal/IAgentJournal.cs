namespace CodingAgent.Agents.Journal;

/// <summary>
/// Append-only journal of agent runs, keyed by (run, turn). Every write carries the activity attempt; a write from an older
/// attempt than the newest seen for the run is refused, so that a worker that lost its task cannot go on (fencing).
/// </summary>
public interface IAgentJournal
{
    /// <summary>Claims the run for this attempt and returns what is journalled so far, by turn.</summary>
    /// <exception cref="JournalFencedException">A newer attempt has claimed the run.</exception>
    Task<IReadOnlyList<JournalTurn>> OpenAsync(string runId, int attempt, CancellationToken cancellationToken);

    /// <summary>Writes the model's response of a turn, durably, before any of its tools runs.</summary>
    /// <exception cref="JournalFencedException">A newer attempt has claimed the run.</exception>
    Task AppendResponseAsync(string runId, int attempt, int turn, string responseJson, CancellationToken cancellationToken);

    /// <summary>Writes a finished turn: its tool outputs and the snapshot the workspace ended at.</summary>
    /// <exception cref="JournalFencedException">A newer attempt has claimed the run.</exception>
    Task AppendTurnAsync(string runId, int attempt, int turn, string outputsJson, string? snapshot, CancellationToken cancellationToken);
}

/// <summary>One journalled turn.</summary>
/// <param name="Turn">Turn number, from 1.</param>
/// <param name="ResponseJson">The model's response.</param>
/// <param name="OutputsJson">Tool outputs; null while the turn is unfinished.</param>
/// <param name="Snapshot">Workspace snapshot at its end; null while unfinished or when the agent has no workspace.</param>
public sealed record JournalTurn(int Turn, string ResponseJson, string? OutputsJson, string? Snapshot);

/// <summary>A newer attempt owns the run; this one must stop without another effect.</summary>
public sealed class JournalFencedException(string message) : Exception(message);

/// <summary>A task's snapshots together hold as much as they may; the message says so, for people.</summary>
public sealed class SnapshotsExhaustedException(string message) : Exception(message);

/// <summary>Takes and restores snapshots of the workspace an agent run works on.</summary>
public interface IWorkspaceSnapshots
{
    /// <summary>Snapshots the workspace durably (another worker can restore it) and returns the snapshot's id.</summary>
    /// <exception cref="Mcp.Git.SnapshotTooLargeException">The workspace holds more than a snapshot takes in: for the model to mend.</exception>
    /// <exception cref="SnapshotsExhaustedException">All snapshots together are more than they may be.</exception>
    Task<string> TakeAsync(CancellationToken cancellationToken);

    /// <summary>Makes the workspace equal the snapshot.</summary>
    Task RestoreAsync(string snapshot, CancellationToken cancellationToken);
}
