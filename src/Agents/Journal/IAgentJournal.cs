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
