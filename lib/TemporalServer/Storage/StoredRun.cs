namespace TemporalServer.Storage;

/// <summary>A run as it is stored: its place in the order of starts, and its state.</summary>
internal sealed record StoredRun(long Seq, ExecutionState State);
