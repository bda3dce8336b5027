namespace CodingAgent.Agents.Journal;

/// <summary>One journalled turn.</summary>
/// <param name="Turn">Turn number, from 1.</param>
/// <param name="ResponseJson">The model's response.</param>
/// <param name="OutputsJson">Tool outputs; null while the turn is unfinished.</param>
/// <param name="Snapshot">Workspace snapshot at its end; null while unfinished or when the agent has no workspace.</param>
public sealed record JournalTurn(int Turn, string ResponseJson, string? OutputsJson, string? Snapshot);
