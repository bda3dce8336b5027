namespace TemporalServer.Storage;

/// <summary>What one transaction writes of one run.</summary>
/// <param name="Seq">Its place in the order of starts.</param>
/// <param name="State">The state, serialized while nobody could change it.</param>
/// <param name="Columns">The columns that lists filter by.</param>
/// <param name="Events">The events to add.</param>
internal sealed record RunWrite(long Seq, byte[] State, RunColumns Columns, IReadOnlyList<HistoryEvent> Events);
